/**
 * Members from forecasts that began at earlier analyses and are valid at the start (Hoffman & Kalnay 1983, Tellus A 35,
 * 100–118, doi:10.3402/tellusa.v35i2.11425): with lags l₁ … lₙ, noise stream j takes lag number j mod (n + 1),
 *   x ← x + α (f_w(x(t₀ − l), l) − x(t₀)),
 * where number 0 is the analysis itself. Forecasts are without noise and belong to the row's weight sample, so that rows
 * of one sample and lag get the same; α = 1 makes them the forecasts. A model that needs earlier states gets those of
 * the same forecast.
 */
import { internalError, usageError } from '../../core/errors.js';
import type { InitialPerturbation, InitialRows } from '../../core/interfaces.js';
import { millisecondsPerHour } from '../../core/time.js';
import type { LaggedSource, PerturbationContext } from '../source.js';

/** @throws {PlumeError} usage, for no lag, one that is twice there, or one that is no whole number of steps */
export function createLaggedAnalyses(
  source: LaggedSource,
  { stepHours }: PerturbationContext,
): InitialPerturbation {
  const { amplitude, lagsHours } = source;
  if (!Number.isFinite(amplitude)) {
    throw usageError(
      `lagged: amplitude is ${amplitude}; it must be a number, 1 for the forecasts themselves`,
    );
  }
  if (lagsHours.length === 0) {
    throw usageError(
      `lagged: no lags are given; give some, such as lags-hours=${stepHours}/${2 * stepHours}`,
    );
  }
  const lags = lagsHours.map((hours) => wholeSteps(hours, stepHours));
  const twice = lagsHours.find((hours, i) => lagsHours.indexOf(hours) !== i);
  if (twice !== undefined) throw usageError(`lagged: lag ${twice} h is given twice; give it once`);

  return {
    stepsBack: Math.max(...lags),
    memory: (samples, streams) => {
      const most = Math.min(lags.length, streams);
      const forecasts = Array.from({ length: most }, (_, begun) => samples * (begun + 1));
      return { heldBytes: 0, ownRows: samples * most, forecasts };
    },
    async add(rows) {
      const { keys, states, analyses } = rows;
      // Lag number 0 is the analysis: 0 steps.
      const lagOf = keys.map(({ noiseStream }) => [0, ...lags][noiseStream % (lags.length + 1)]!);
      const taken = [...new Set(lagOf)].filter((lag) => lag > 0).sort((a, b) => b - a);
      if (taken.length === 0) return;
      const forecasts = await lagForecasts(rows, taken, stepHours);
      const samples = weightSamplesOf(rows);
      for (const [age, all] of states.entries()) {
        const analysis = analyses[age]!;
        const { length } = analysis;
        keys.forEach(({ weightSample }, row) => {
          const lag = taken.indexOf(lagOf[row]!);
          if (lag < 0) return;
          const from = (samples.indexOf(weightSample) * taken.length + lag) * length;
          const to = row * length;
          for (let i = 0; i < length; i++) {
            all[to + i]! += amplitude * (forecasts[age]![from + i]! - analysis[i]!);
          }
        });
      }
    },
  };
}

function wholeSteps(hours: number, stepHours: number): number {
  const steps = hours / stepHours;
  if (Number.isInteger(steps) && steps > 0) return steps;
  const below = Math.floor(steps) * stepHours;
  const nearest = below > 0 ? `${below} h and ${below + stepHours} h are` : `${stepHours} h is`;
  throw usageError(
    `lagged: lag ${hours} h is no whole number of the model's steps of ${stepHours} h; ${nearest} the nearest`,
  );
}

function weightSamplesOf({ keys }: InitialRows): number[] {
  return [...new Set(keys.map(({ weightSample }) => weightSample))];
}

/**
 * Forecasts valid at the start: the one of the longest lag is stepped up to the analysis where the next one begins,
 * then both together, and so on.
 * @param lags steps, falling
 * @returns by age, newest first, each [weight sample, lag, channel, lat, lon]
 */
async function lagForecasts(
  rows: InitialRows,
  lags: readonly number[],
  stepHours: number,
): Promise<readonly Float32Array[]> {
  const { keys, states, analyses } = rows;
  const start = keys[0]!.start;
  const samples = weightSamplesOf(rows).length;
  const length = analyses[0]!.length;
  let history: readonly Float32Array[] = states.map(() => new Float32Array(0));
  for (const [begun, lag] of lags.entries()) {
    history = history.map((before, age) => {
      const analysis = analyses[lag + age];
      if (analysis === undefined) {
        throw internalError(`lagged: there are ${analyses.length} analyses, none of ${lag + age} steps back`);
      }
      const joined = new Float32Array(samples * (begun + 1) * length);
      for (let k = 0; k < samples; k++) {
        const to = k * (begun + 1) * length;
        joined.set(before.subarray(k * begun * length, (k + 1) * begun * length), to);
        joined.set(analysis, to + begun * length);
      }
      return joined;
    });
    const validTime = start - lag * stepHours * millisecondsPerHour;
    history = await rows.forecast(history, validTime, lag - (lags[begun + 1] ?? 0));
  }
  return history;
}
