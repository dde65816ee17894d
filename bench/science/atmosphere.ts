/** The nature run's atmosphere at its epoch, as harmonics, and a day of it. */
import { Dycore, type DycoreConfig, segmentHours } from '../../models/dycore/dycore.js';
import { NatureGrid } from '../../models/dycore/natureGrid.js';
import { pressureChannels } from '../../models/dycore/pressureChannels.js';
import type { SpectralState } from '../../models/dycore/spectralState.js';
import { spinUp } from '../../models/dycore/spinUp.js';

export interface Atmosphere {
  readonly dycore: Dycore;
  readonly state: SpectralState;
}

/** @param onDay called after each of the days of the spin-up */
export function natureAtmosphere(
  config: DycoreConfig,
  seed: number,
  onDay: (done: number) => void,
): Atmosphere {
  const values = spinUp(config, seed, { onDay });
  const grid = new NatureGrid(config.truncation, config.levels);
  const state = grid.fromGrid(values.subarray(pressureChannels.length * grid.points));
  return { dycore: new Dycore(config), state };
}

/** Restarted every six hours, as the nature run is. */
export function advanceDay(dycore: Dycore, state: SpectralState): void {
  for (let hours = 0; hours < 24; hours += segmentHours) dycore.advance(state, segmentHours);
}
