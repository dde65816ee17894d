/**
 * One climate run: spin-up as the nature run's, then days of statistics, restarted every six hours as it is. What it
 * leaves is kept under runs/science.
 */
import { referencePressure } from '../../models/dycore/constants.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { meanPressure } from '../../models/dycore/primitiveEquations.js';
import { spinUpLength } from '../../models/dycore/spinUp.js';
import { advanceDay, natureAtmosphere } from './atmosphere.js';
import { countdown } from './countdown.js';
import { kept } from './kept.js';
import { type ClimateRecord, ZonalClimate } from './zonalClimate.js';

export interface ClimateRun {
  readonly name: string;
  readonly climate: ClimateRecord;
  /** Largest |mean pₛ / p₀ − 1|, and what the mass was corrected by in a day. */
  readonly massError: number;
  readonly massCorrection: number;
  readonly seconds: number;
  /** Global mean temperature of the first and the second half, K. */
  readonly halves: readonly [number, number];
}

const blockDays = 50;
const seed = 1;

export function climateRun(truncation: number, levels: number, days: number): ClimateRun {
  return kept(`climate-T${truncation}L${levels}-${days}`, () => integrate(truncation, levels, days));
}

function integrate(truncation: number, levels: number, days: number): ClimateRun {
  const config = resolveDycore({ truncation, levels });
  const name = `T${truncation}L${levels}`;
  const began = performance.now();
  const spinUpDays = spinUpLength.coarseDays + spinUpLength.fineDays;
  const report = countdown(`climatology ${name}`, spinUpDays + days, 'days');
  const { dycore, state } = natureAtmosphere(config, seed, report);
  const climate = new ZonalClimate(dycore, blockDays);
  const corrected = dycore.massCorrection;
  const pressure = dycore.transform.allocate(dycore.transform.sines.length * dycore.transform.longitudes);
  const halves = [0, 0];
  let massError = 0;
  for (let day = 0; day < days; day++) {
    advanceDay(dycore, state);
    climate.add(state, day);
    dycore.transform.synthesize(state.logPressure, 1, pressure);
    const mass = meanPressure(dycore.transform, pressure, 1, 0) / referencePressure;
    massError = Math.max(massError, Math.abs(mass - 1));
    const half = day < days / 2 ? 0 : 1;
    for (let k = 0; k < levels; k++) halves[half]! += state.temperature[k]! / levels / (days / 2);
    report(spinUpDays + day + 1);
  }
  return {
    name,
    climate: climate.record(),
    massError,
    massCorrection: (dycore.massCorrection - corrected) / days,
    seconds: (performance.now() - began) / 1000,
    halves: [halves[0]!, halves[1]!],
  };
}
