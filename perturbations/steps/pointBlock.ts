/**
 * Points of a pattern that every channel takes before the next ones are looked at: they stay in the fastest cache, which
 * whole patterns of fine grids do not.
 */
export const pointBlock = 4096;
