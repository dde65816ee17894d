/**
 * What the local path of a regional network sees of every point, packed into tokens: the newest state, older ones or
 * what changed from each to the next, the climate, and where (and when) that is.
 * Differences of neighbouring states are a fraction of the states themselves; times three they are about as large.
 *
 * Shapes: R rows; states and climate [R, n], n = channels · points; planes [R, points, plane].
 */
import { type Grid, gridSize, wrapsInLongitude } from '../../../core/grid.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { RegionalConfig } from './regionalShapes.js';
import { pointsInTokens, type TokenGrid } from './tokens.js';

/** Of one weight sample. */
export interface PointInputs {
  /** x(t), x(t − Δt), …, each [R, n]. */
  readonly states: readonly Value[];
  /** [R, n] */
  readonly climate: Value;
  /** cos and sin of the first harmonic, [R, 2]; undefined in a world without seasons. */
  readonly season: Value | undefined;
}

const differenceFactor = 3;

/** @returns [R, token, stride² · plane], by piece of a token */
export function packedInputs(
  b: GraphBuilder,
  { states, climate, season }: PointInputs,
  { past, context }: Pick<RegionalConfig, 'past' | 'context'>,
  grid: Grid,
  tokens: TokenGrid,
): Value {
  const points = gridSize(grid);
  const [R = 1, n = 1] = climate.shape;
  const byPoint = (value: Value): Value => b.transpose(b.reshape(value, [R, n / points, points]), [0, 2, 1]);
  const seen = past === 'states' ? states : withDifferences(b, states);
  const planes = [...seen, climate].map(byPoint);
  const places = placePlanes(grid, context);
  for (const plane of places) {
    planes.push(b.expand(b.constant(plane, [1, points, 1]), [R, points, 1]));
  }
  if (context === 'channels' && season !== undefined) {
    const features = season.shape[1] ?? 0;
    planes.push(b.expand(b.reshape(season, [R, 1, features]), [R, points, features]));
  }
  const all = b.concat(planes, 2);
  const count = tokens.rows * tokens.columns;
  const width = tokens.stride ** 2 * (all.shape[2] ?? 1);
  return b.reshape(b.gather(all, pointsInTokens(grid, tokens), 1), [R, count, width]);
}

/** x(t), 3 (x(t) − x(t − Δt)), 3 (x(t − Δt) − x(t − 2Δt)). */
function withDifferences(b: GraphBuilder, states: readonly Value[]): Value[] {
  return states.map((state, back) => {
    const newer = states[back - 1];
    return newer === undefined ? state : b.mul(b.sub(newer, state), b.scalar(differenceFactor));
  });
}

/**
 * Where points are, each plane [point]: the sine of latitude; where places are not learned, longitude too, from −1 in
 * the west to 1 in the east, or by cosine and sine where it closes the circle.
 */
function placePlanes(grid: Grid, context: RegionalConfig['context']): Float32Array[] {
  const { latitudes, longitudes } = grid;
  const columns = longitudes.length;
  const plane = (of: (row: number, column: number) => number): Float32Array =>
    Float32Array.from({ length: gridSize(grid) }, (_, point) =>
      of(Math.floor(point / columns), point % columns),
    );
  const latitude = plane((row) => Math.sin(((latitudes[row] ?? 0) * Math.PI) / 180));
  if (context === 'learned') return [latitude];
  if (wrapsInLongitude(grid)) {
    const angle = (column: number): number => (2 * Math.PI * column) / columns;
    return [
      latitude,
      plane((_, column) => Math.cos(angle(column))),
      plane((_, column) => Math.sin(angle(column))),
    ];
  }
  return [latitude, plane((_, column) => (columns === 1 ? 0 : (2 * column) / (columns - 1) - 1))];
}
