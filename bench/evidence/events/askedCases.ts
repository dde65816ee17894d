/**
 * Answers to one question over many starts: what each member said, what happened, and how often it happens. All that
 * reliability is made of; events and strikes become the same here.
 */
import type { EnsembleEvents } from '../../../evaluation/calibration/exchangeableBars.js';

export interface AskedCases extends EnsembleEvents {
  /** As a reader would ask it, or in words. */
  readonly name: string;
  /** [start, place]: 1 where it happened. */
  readonly outcome: Uint8Array;
  /** [start, place]: climatological probability. */
  readonly climate: Float64Array;
}

export function emptyCases(
  name: string,
  { starts, members, places }: Pick<AskedCases, 'starts' | 'members' | 'places'>,
): AskedCases {
  return {
    ...{ name, starts, members, places },
    yes: new Uint8Array(starts * members * places),
    outcome: new Uint8Array(starts * places),
    climate: new Float64Array(starts * places),
  };
}
