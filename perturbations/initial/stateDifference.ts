/**
 * Perturbations of an initial state from the archive itself: the difference of two of its states,
 *   e = α (x(t₁) − x(t₂)) / √2,   t₁ ≠ t₂,
 * of two dates drawn from a pool. Where the pool's states are independent, e has mean zero and α² times the
 * climatological covariance, between variables and places too: it is as balanced as the states are, and it means
 * the same to every model of the same channels (random-field perturbations: Magnusson, Nycander & Källén 2009,
 * doi:10.1111/j.1600-0870.2008.00385.x).
 * A world that is the same at every longitude may turn the difference by any whole number of columns.
 * A model that needs earlier states too has them perturbed by the states as much earlier of the same two dates.
 */
import { internalError, usageError } from '../../core/errors.js';
import { type Grid, gridSize, wrapsInLongitude } from '../../core/grid.js';
import type { InitialPerturbation } from '../../core/interfaces.js';
import { type DrawKey, uniforms } from '../../core/random/stream.js';
import { antitheticKey } from '../fields/antithetic.js';
import type { PerturbationContext, StateDifferenceSource, StatePool } from '../source.js';

/**
 * Turns a true state into an analysis: adds one draw, in place, that depends on seed and start alone, so that all models
 * that start there err alike.
 */
export type AddAnalysisError = (
  key: { readonly seed: number; readonly start: number },
  states: readonly Float32Array[],
) => void;

/** States by age, newest first, each [channel, lat, lon]; `factor` stands for α and the sign. */
type AddDraw = (key: DrawKey, factor: number, states: readonly Float32Array[]) => void;

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, when the pool has fewer than two dates or the columns leave a gap that cannot be turned over
 */
export function createStateDifference(
  source: StateDifferenceSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  if (context.pool === null) throw internalError('state differences were made without a pool of states');
  const addDraw = makeDifferences(context.schema.grid, context.pool, context.rotate);
  return {
    stepsBack: 0,
    memory: () => ({ heldBytes: 0, ownRows: 0, forecasts: [] }),
    async add({ keys, states }) {
      for (const [row, own] of keys.entries()) {
        const { key, sign } = source.antithetic ? antitheticKey(own) : { key: own, sign: 1 };
        const ofRow = states.map((all) => {
          const length = all.length / keys.length;
          return all.subarray(row * length, (row + 1) * length);
        });
        addDraw({ ...key, purpose: 'initial', step: place }, sign * source.amplitude, ofRow);
      }
    },
  };
}

/**
 * Errors of analyses, of amplitude α.
 * @param grid of the pool's states
 * @throws {PlumeError} as `createStateDifference`
 */
export function createAnalysisError(
  grid: Grid,
  { pool, rotate }: { readonly pool: StatePool; readonly rotate: boolean },
  amplitude: number,
): AddAnalysisError {
  const addDraw = makeDifferences(grid, pool, rotate);
  return ({ seed, start }, states) => {
    addDraw(
      { seed, start, weightSample: 0, noiseStream: 0, purpose: 'analysis', step: 0 },
      amplitude,
      states,
    );
  };
}

function makeDifferences(grid: Grid, pool: StatePool, rotate: boolean): AddDraw {
  if (pool.dates < 2) {
    throw usageError(
      `differences of states need at least 2 states of the archive, there are ${pool.dates}; ` +
        'give a longer period with --initial-states FROM/TO',
    );
  }
  if (rotate && !wrapsInLongitude(grid)) {
    throw usageError(
      'differences of states can be turned in longitude only on a grid that closes the circle',
    );
  }
  const columns = grid.longitudes.length;
  const stateLength = (pool.states[0]?.length ?? 0) / pool.dates;
  if (stateLength === 0 || stateLength % gridSize(grid) !== 0) {
    throw internalError(
      `pool of ${pool.dates} states has ${stateLength} values each, no whole fields of the grid`,
    );
  }
  const draw = new Float64Array(3);

  return (key, amplitude, states) => {
    uniforms(key, draw);
    const first = Math.floor(draw[0]! * pool.dates);
    const other = Math.floor(draw[1]! * (pool.dates - 1));
    const second = other < first ? other : other + 1;
    const shift = rotate ? Math.floor(draw[2]! * columns) : 0;
    const factor = amplitude * Math.SQRT1_2;
    states.forEach((state, age) => {
      const from = pool.states[age];
      if (from === undefined || state.length !== stateLength) {
        throw internalError(`pool of states has no ${age} steps earlier of ${state.length} values`);
      }
      addDifference(state, from, [first * stateLength, second * stateLength], { factor, shift, columns });
    });
  };
}

/** x(λ) ← x(λ) + factor · (a − b)(λ + shift), row by row. */
function addDifference(
  state: Float32Array,
  pool: Float32Array,
  [a, b]: readonly [number, number],
  { factor, shift, columns }: { readonly factor: number; readonly shift: number; readonly columns: number },
): void {
  for (let row = 0; row < state.length; row += columns) {
    for (let column = 0, from = row + shift; column < columns; column++, from++) {
      if (from === row + columns) from = row;
      state[row + column]! += factor * (pool[a + from]! - pool[b + from]!);
    }
  }
}
