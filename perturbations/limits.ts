/**
 * What no perturbation may do: push a quantity below zero that cannot be negative, or change what is constant in time.
 *   x ← max(x, min(0, x₀)) for quantities that cannot be negative,   x ← x₀ for constants,
 * x₀ being the state before it was perturbed: a perturbation of no size changes nothing, whatever a model makes of
 * its humidity. The reference implementation of hemispheric centred bred vectors clips q, r, tcwv and tp alike.
 */
import { gridSize } from '../core/grid.js';
import { channelName, type Schema } from '../core/schema.js';

/** By ERA5 short name: humidity, water and ice, precipitation and snow, clouds, ozone, heights and periods of waves. */
const neverNegative: ReadonlySet<string> = new Set([
  ...['q', 'r', 'tcwv', 'tcw', 'clwc', 'ciwc', 'crwc', 'cswc', 'tclw', 'tciw'],
  ...['tp', 'cp', 'lsp', 'sf', 'sd', 'swvl1', 'swvl2', 'swvl3', 'swvl4', 'siconc', 'ci'],
  ...['cc', 'tcc', 'lcc', 'mcc', 'hcc', 'o3', 'tco3', 'swh', 'mwp', 'pp1d'],
]);

/** Orography and what describes the ground, masks, and coordinates given as fields. */
const constants: ReadonlySet<string> = new Set([
  ...['orography', 'orog', 'oro', 'zs', 'sdor', 'sdfor', 'isor', 'anor', 'slor'],
  ...['lsm', 'land_sea_mask', 'land-mask', 'slt', 'soil-type', 'cl', 'dl', 'cvh', 'cvl', 'tvh', 'tvl'],
  ...['latitude', 'longitude', 'lat', 'lon', 'sin_lat', 'cos_lat', 'sin_lon', 'cos_lon'],
]);

/** What is gained by counting (heldBack.ts). */
export interface HeldCount {
  /** Values that were looked at, of each channel. */
  values: number;
  /** Of those, how many were held back: by place in `positive`. */
  readonly held: Float64Array;
}

export interface Limits {
  /** Channels that are held at 0 or above, and those that stay as they are. */
  readonly positive: readonly string[];
  readonly fixed: readonly string[];
  /**
   * Holds states within the limits, in place.
   * @param perturbed [row, channel, lat, lon]
   * @param unperturbed the same shape, or one state for all rows
   * @param count gains the values of each channel of `positive` and how many of them were held back
   */
  apply(perturbed: Float32Array, unperturbed: Float32Array, count?: HeldCount): void;
}

/**
 * @param spread climatological spread by channel, those of which are 0 being constants; empty where it is not known
 * @returns null where nothing is to be held
 */
export function createLimits({ channels, grid }: Schema, spread: readonly number[]): Limits | null {
  const indices = channels.map((_, channel) => channel);
  const fixed = indices.filter((channel) => {
    const { variable, level } = channels[channel]!;
    // geopotential at the surface is orography
    return constants.has(variable) || (variable === 'z' && level === null) || spread[channel] === 0;
  });
  const positive = indices.filter(
    (channel) => neverNegative.has(channels[channel]!.variable) && !fixed.includes(channel),
  );
  if (fixed.length === 0 && positive.length === 0) return null;
  const points = gridSize(grid);
  const stateLength = channels.length * points;
  const nameOf = (channel: number): string => channelName(channels[channel]!);
  return {
    positive: positive.map(nameOf),
    fixed: fixed.map(nameOf),
    apply(perturbed, unperturbed, count) {
      const one = unperturbed.length === stateLength;
      for (let row = 0; row < perturbed.length; row += stateLength) {
        const base = one ? -row : 0;
        for (const channel of fixed) {
          const from = row + channel * points;
          perturbed.set(unperturbed.subarray(base + from, base + from + points), from);
        }
        for (let place = 0; place < positive.length; place++) {
          const held = holdPositive(perturbed, unperturbed, row + positive[place]! * points, base, points);
          if (count !== undefined) count.held[place]! += held;
        }
      }
      if (count !== undefined) count.values += perturbed.length / channels.length;
    },
  };
}

/** @returns how many values were held back */
function holdPositive(
  perturbed: Float32Array,
  unperturbed: Float32Array,
  from: number,
  base: number,
  points: number,
): number {
  let held = 0;
  for (let i = from; i < from + points; i++) {
    const value = perturbed[i]!;
    if (value >= 0) continue;
    const least = Math.min(0, unperturbed[base + i]!);
    if (!(value < least)) continue;
    perturbed[i] = least;
    held++;
  }
  return held;
}
