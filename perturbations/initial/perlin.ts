/**
 * Fractal gradient noise on the sphere, as Pangu-Weather made its ensemble (Bi et al. 2023, Nature 619, 533–538,
 * doi:10.1038/s41586-023-06185-3; pseudocode of its authors): octaves of Perlin's noise (Perlin 2002,
 * doi:10.1145/566654.566636: quintic fade), each with twice the periods of the one before and `persistence` times its
 * amplitude. Lattice points divide longitude from 0°E and latitude from pole to pole; each has a gradient of length 1 (in
 * cells) and random direction, and the noise there is 0. The lattice closes around the globe, so there is no seam, and its
 * gradients at the poles point along the meridian, so that the noise there is 0 at every longitude. It is a function of
 * place alone: any grid samples it, a region as the globe.
 *
 * The sum is scaled to variance 1 in the mean over the sphere and all draws. The usual library does not do so: its noise has
 * a standard deviation of √(2 · 0.0465 Σ persistence²ᵒ), o = 0 … octaves − 1, which is 0.35 for three octaves of
 * persistence ½. Its "noise scale 0.2" is thus an α of 0.07 here (presets.ts), of climatological spread instead of a field's
 * standard deviation.
 */
import { mean } from 'simple-statistics';
import { usageError } from '../../core/errors.js';
import { describeGrid, type Grid, rowWeights } from '../../core/grid.js';
import type { InitialPerturbation, MemberKey } from '../../core/interfaces.js';
import { uniforms } from '../../core/random/stream.js';
import type { PerlinSource, PerturbationContext } from '../source.js';
import { createChannelNoise } from './channelNoise.js';

/** Cells of the finest octave around the globe or from pole to pole: two columns each of a grid of a quarter degree. */
const mostPeriods = 720;

/** Where the points of one axis lie among the lattice's. */
interface AxisPlaces {
  /** The lattice point before. */
  readonly cell: Int32Array;
  /** Way to the next, 0 … 1. */
  readonly part: Float64Array;
  readonly fade: Float64Array;
}

interface Octave {
  readonly amplitude: number;
  /** Lattice points around the globe, and from pole to pole, both poles among them. */
  readonly around: number;
  readonly rows: number;
  /** Where its directions lie in a draw. */
  readonly offset: number;
  readonly columnPlaces: AxisPlaces;
  readonly rowPlaces: AxisPlaces;
}

/**
 * @param place in the list of initial perturbations
 * @throws {PlumeError} usage, for numbers of octaves or periods that are not whole or too many, a persistence that is not
 * positive, or a bad amplitude
 */
export function createPerlin(
  source: PerlinSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  requireLattice(source);
  const { grid, channels } = context.schema;
  const octaves = makeOctaves(source, grid);
  const numbers = octaves.reduce((sum, { around, rows }) => sum + around * rows, 0);
  const most = octaves.reduce((largest, { around, rows }) => Math.max(largest, around * rows), 0);
  const points = grid.latitudes.length * grid.longitudes.length;
  const directions = new Float64Array(numbers * channels.length);
  const widest = octaves.reduce((most, { around }) => Math.max(most, around), 0);
  // Gradients of one octave's lattice points, and along one row of points, by lattice column: the value at the column's
  // own meridian, and the slope to the east.
  const work = {
    east: new Float64Array(most),
    south: new Float64Array(most),
    value: new Float64Array(widest),
    slope: new Float64Array(widest),
  };
  const draw = (key: MemberKey, out: Float32Array): void => {
    uniforms({ ...key, purpose: 'initial', step: place }, directions);
    out.fill(0);
    for (let c = 0; c < channels.length; c++) {
      const field = out.subarray(c * points, (c + 1) * points);
      const ofChannel = directions.subarray(c * numbers, (c + 1) * numbers);
      for (const octave of octaves) addOctave(octave, ofChannel.subarray(octave.offset), work, field);
    }
  };
  const drawBytes = directions.byteLength + 16 * (most + widest);
  const noise = createChannelNoise(source, context, draw, drawBytes);
  return { ...noise, notes: varianceNotes(octaves, grid) };
}

function makeOctaves(source: PerlinSource, grid: Grid): Octave[] {
  const { periodsLongitude, periodsLatitude, persistence } = source;
  const frequencies = Array.from({ length: source.octaves }, (_, o) => 2 ** o);
  const variance = frequencies.reduce(
    (sum, frequency, o) => sum + persistence ** (2 * o) * sphereVariance(frequency * periodsLatitude),
    0,
  );
  let offset = 0;
  return frequencies.map((frequency, o) => {
    const around = frequency * periodsLongitude;
    const rows = frequency * periodsLatitude + 1;
    const octave = {
      amplitude: persistence ** o / Math.sqrt(variance),
      around,
      rows,
      offset,
      // Whole turns are taken off first: −90°E and 270°E are the same to the bit.
      columnPlaces: placesOf(grid.longitudes, (degrees) => ((((degrees % 360) + 360) % 360) / 360) * around),
      rowPlaces: placesOf(
        grid.latitudes,
        (degrees) => ((90 - Math.max(-90, Math.min(90, degrees))) / 180) * (rows - 1),
        rows - 2,
      ),
    };
    offset += around * rows;
    return octave;
  });
}

/** @param last cell, whose end belongs to it */
function placesOf(degrees: Float64Array, position: (degrees: number) => number, last = Infinity): AxisPlaces {
  const positions = degrees.map(position);
  const cell = Int32Array.from(positions, (x) => Math.min(Math.floor(x), last));
  const part = positions.map((x, i) => x - cell[i]!);
  return { cell, part, fade: part.map(fadeAt) };
}

/** 6t⁵ − 15t⁴ + 10t³: first and second derivative vanish at 0 and 1. */
function fadeAt(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}

/** What an octave is made with. */
interface OctaveWork {
  /** Gradients, [lattice row, lattice column]. */
  readonly east: Float64Array;
  readonly south: Float64Array;
  /** [lattice column] */
  readonly value: Float64Array;
  readonly slope: Float64Array;
}

/**
 * Adds one octave. At x, y from a lattice point with gradient g the corner's part is g·(x, y); corners are blended by the
 * fade, along meridians first: what is left along a row are lines of one value and one slope a lattice column.
 * @param directions [row, column], shares of a turn
 */
function addOctave(
  { amplitude, around, rows, columnPlaces, rowPlaces }: Octave,
  directions: Float64Array,
  { east, south, value, slope }: OctaveWork,
  field: Float32Array,
): void {
  const columns = columnPlaces.cell.length;
  for (let i = 0; i < rows * around; i++) {
    const direction = directions[i]!;
    if (i < around || i >= (rows - 1) * around) {
      east[i] = 0;
      south[i] = direction < 0.5 ? 1 : -1;
    } else {
      east[i] = Math.cos(2 * Math.PI * direction);
      south[i] = Math.sin(2 * Math.PI * direction);
    }
  }
  for (let row = 0, point = 0; row < rowPlaces.cell.length; row++) {
    const above = rowPlaces.cell[row]! * around;
    const below = above + around;
    const y = rowPlaces.part[row]!;
    const fade = rowPlaces.fade[row]!;
    for (let i = 0; i < around; i++) {
      value[i] = amplitude * blend(south[above + i]! * y, south[below + i]! * (y - 1), fade);
      slope[i] = amplitude * blend(east[above + i]!, east[below + i]!, fade);
    }
    for (let column = 0; column < columns; column++, point++) {
      const west = columnPlaces.cell[column]!;
      const next = west + 1 === around ? 0 : west + 1;
      const x = columnPlaces.part[column]!;
      const left = value[west]! + slope[west]! * x;
      const right = value[next]! + slope[next]! * (x - 1);
      field[point]! += blend(left, right, columnPlaces.fade[column]!);
    }
  }
}

function blend(from: number, to: number, share: number): number {
  return from + share * (to - from);
}

/**
 * Variance of an octave of amplitude 1 in the mean over points and all gradients: Σ (blend)² E(g·d)² over the four corners of
 * a point's cell, where E(g·d)² is (x² + y²)/2, and y² at a pole.
 * @param cells from pole to pole
 * @param along means along a row
 */
function meanVariance(
  cells: number,
  along: { readonly squares: number; readonly distances: number },
  { cell, part, fade }: AxisPlaces,
  weights: Float64Array,
): number {
  let sum = 0;
  let area = 0;
  weights.forEach((weight, row) => {
    for (const corner of [0, 1]) {
      const lattice = cell[row]! + corner;
      const distance = along.squares * (part[row]! - corner) ** 2;
      const square = lattice === 0 || lattice === cells ? distance : (along.distances + distance) / 2;
      sum += weight * (corner === 0 ? 1 - fade[row]! : fade[row]!) ** 2 * square;
    }
    area += weight;
  });
  return sum / area;
}

/** Over the whole sphere: ∫ (fade² + (1 − fade)²) dx and ∫ (fade² (1 − x)² + (1 − fade)² x²) dx, and rows without end. */
function sphereVariance(cells: number): number {
  const steps = 64 * cells;
  const position = Float64Array.from({ length: steps }, (_, i) => (i + 0.5) / 64);
  const weights = position.map((y) => Math.sin((Math.PI * y) / cells));
  const places = placesOf(position, (y) => y);
  return meanVariance(cells, { squares: 181 / 231, distances: 535 / 9009 }, places, weights);
}

/** What becomes of the variance at the points there are: 1 where they lie closely. */
function gridVariance(octaves: readonly Octave[], grid: Grid): number {
  return octaves.reduce((sum, { amplitude, rows, rowPlaces, columnPlaces }) => {
    const { part, fade } = columnPlaces;
    const squares = mean([...fade].map((share) => share ** 2 + (1 - share) ** 2));
    const distances = mean(
      [...fade].map((share, j) => (share * (1 - part[j]!)) ** 2 + ((1 - share) * part[j]!) ** 2),
    );
    return sum + amplitude ** 2 * meanVariance(rows - 1, { squares, distances }, rowPlaces, rowWeights(grid));
  }, 0);
}

/** @throws {PlumeError} usage, when nothing of the noise is left */
function varianceNotes(octaves: readonly Octave[], grid: Grid): string[] {
  const variance = gridVariance(octaves, grid);
  const where = `at the points of the grid (${describeGrid(grid)})`;
  if (variance < 1e-6) {
    throw usageError(
      `perlin: the noise is 0 ${where}, all of which lie on its lattice; give fewer periods-longitude or periods-latitude`,
    );
  }
  if (variance > 0.8 && variance < 1.25) return [];
  return [
    `perlin: ${where} the standard deviation is ${Math.sqrt(variance).toFixed(2)} of what amplitude says, since they lie ` +
      'unevenly in the cells of its lattice; fewer periods or octaves mend that',
  ];
}

function requireLattice({ octaves, periodsLongitude, periodsLatitude, persistence }: PerlinSource): void {
  const whole = (name: string, value: number, least: number): void => {
    if (Number.isInteger(value) && value >= least) return;
    throw usageError(`perlin: ${name} is ${value}; it must be a whole number of at least ${least}`);
  };
  whole('octaves', octaves, 1);
  // With one lattice column a cell's two sides would be the same.
  whole('periods-longitude', periodsLongitude, 2);
  whole('periods-latitude', periodsLatitude, 1);
  if (!(persistence > 0 && Number.isFinite(persistence))) {
    throw usageError(`perlin: persistence is ${persistence}; it must be positive, such as 0.5`);
  }
  const finest = Math.max(periodsLongitude, periodsLatitude) * 2 ** (octaves - 1);
  if (finest > mostPeriods) {
    throw usageError(
      `perlin: octave ${octaves} would have ${finest} periods, more than ${mostPeriods}: ` +
        'give fewer octaves or periods',
    );
  }
}
