/**
 * One balanced flow over all channels of a state, from the harmonics of a few independent horizontal fields (verticalModes.ts):
 *   linear        the fields are ψ; the wind is theirs, and Φ follows by linear balance
 *   geostrophic   the fields are Φ; the wind follows, blended to zero at the equator
 * Either is linear in the harmonics, so that sums, differences and multiples of balanced flows are balanced. Temperature
 * is hydrostatic and surface pressure follows Φ at the ground (channels.ts).
 */
import { usageError } from '../../core/errors.js';
import { gridSize, rowWeights } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { coefficientCount } from '../../core/sphere/legendre.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { type BalancedChannel, type BalancedQuantity, balancedChannels } from './channels.js';
import { geostrophicFactor, requireEquatorDegrees } from './geostrophic.js';
import { balancedVariance, createLinearBalance } from './linearBalance.js';
import { earthRadius, groundPressure } from './planet.js';
import { createStreamfunctionWind } from './streamfunctionWind.js';
import { type VerticalModes, verticalModes } from './verticalModes.js';

export interface BalanceOptions {
  readonly schema: Schema;
  /** hPa by channel. */
  readonly pressures: readonly number[];
  /** Standard deviation of one harmonic by degree, of variance 1 in all (fields/). */
  readonly amplitudes: Float64Array;
  readonly balance: 'linear' | 'geostrophic';
  /** M of verticalModes.ts. */
  readonly verticalModes: number;
  /** Geostrophic wind is blended to zero below this latitude; linear balance has no need of it. */
  readonly equatorDegrees: number;
  /**
   * By channel, in its unit: the flow's strength follows it from level to level, so that variance over spread² is 1 in
   * the mean over the channels of wind (of vorticity, geopotential or surface pressure where there is no wind). Null: the
   * same at all levels, ψ or Φ being of variance 1.
   */
  readonly spread: readonly number[] | null;
}

export interface BalancedPattern {
  /** Independent horizontal fields. */
  readonly fields: number;
  /** Degree of their harmonics. */
  readonly degree: number;
  /** Channels that balance changes, by their place in the schema. */
  readonly channels: readonly number[];
  /** Standard deviation of a random pattern, [channel, lat], in the channels' units; 0 where balance changes nothing. */
  readonly deviations: Float64Array;
  /** What is held from the first flow on. */
  readonly memoryBytes: number;
  /**
   * One flow, valid until the next.
   * @param coefficients [field, 2, coefficientCount(degree)], independent normals times `amplitudes` for a random pattern
   */
  make(coefficients: Float64Array): BalancedFlow;
}

/** 0 in channels that balance does not change. */
export interface BalancedFlow {
  /** @param out [channel, lat, lon], filled whole */
  write(out: Float32Array): void;
  /** So many points of one channel, in the order of the grid. @param out [point], from its beginning */
  writePart(channel: number, firstPoint: number, points: number, out: Float32Array): void;
}

/** @throws {PlumeError} usage, for parameters out of their range or a schema that balance cannot serve */
export function createBalancedPattern(options: BalanceOptions): BalancedPattern {
  const { schema, amplitudes, balance, equatorDegrees } = options;
  if (balance === 'geostrophic') requireEquatorDegrees(equatorDegrees);
  const channels = balancedChannels(schema, options.pressures);
  const { grid } = schema;
  const rows = grid.latitudes.length;
  const byRow = deviationsByRow(options);
  const vertical = fitVertical(options, channels, byRow);

  const weights = channels.map((channel) => weightsOf(channel, vertical));

  const deviations = new Float64Array(schema.channels.length * rows);
  channels.forEach(({ channel, quantity }, i) => {
    const size = Math.hypot(...weights[i]!);
    const profile = byRow[quantity];
    for (let row = 0; row < rows; row++) deviations[channel * rows + row] = size * profile[row]!;
  });
  return {
    fields: vertical.fields,
    degree: amplitudes.length - 1,
    channels: channels.map(({ channel }) => channel),
    deviations,
    ...flowMaker(options, channels, weights),
  };
}

/** What a channel takes of its quantity's horizontal fields. */
function weightsOf(
  { quantity, factor, pressure, layer, surfaceFactor }: BalancedChannel,
  vertical: VerticalModes,
): Float64Array {
  if (quantity !== 'thickness') return vertical.values(pressure).map((value) => factor * value);
  const ground = vertical.values(groundPressure);
  const slopes = layer === null ? vertical.slopes(pressure) : meanSlopes(vertical, layer);
  return slopes.map((slope, field) => factor * slope + surfaceFactor * ground[field]!);
}

/** Mean of dc/dx over a layer. */
function meanSlopes(vertical: VerticalModes, [top, bottom]: readonly [number, number]): Float64Array {
  const above = vertical.values(top);
  const depth = Math.log(bottom / top);
  return vertical.values(bottom).map((value, field) => (value - above[field]!) / depth);
}

/** Standard deviation of every quantity by row, for a field of variance 1 that is the same at all levels. */
function deviationsByRow(options: BalanceOptions): Readonly<Record<BalancedQuantity, Float64Array>> {
  const { amplitudes, balance, equatorDegrees } = options;
  const { latitudes } = options.schema.grid;
  const sum = (of: (n: number) => number): number =>
    amplitudes.reduce((total, sigma, n) => total + (2 * n + 1) * sigma * sigma * of(n), 0);
  const eigenvalue = (n: number): number => (n * (n + 1)) / earthRadius ** 2;
  // Of either component of ∇f, and of ∇²f: uncorrelated with each other at a point, and the same everywhere.
  const slope = Math.sqrt(sum(eigenvalue) / 2);
  const curvature = Math.sqrt(sum((n) => eigenvalue(n) ** 2));
  if (balance === 'linear') {
    const geopotential = balancedVariance(latitudes, amplitudes).map(Math.sqrt);
    const wind = latitudes.map(() => slope);
    return {
      eastward: wind,
      northward: wind,
      vorticity: latitudes.map(() => curvature),
      divergence: latitudes.map(() => 0),
      geopotential,
      thickness: geopotential,
    };
  }
  const factors = Array.from(latitudes, (latitude) => geostrophicFactor(latitude, equatorDegrees));
  const along = (of: (factor: number, turn: number) => number): Float64Array =>
    Float64Array.from(factors, ({ factor, slope: change }) => of(Math.abs(factor), change / earthRadius));
  const wind = along((factor) => factor * slope);
  const one = latitudes.map(() => Math.sqrt(sum(() => 1)));
  return {
    eastward: wind,
    northward: wind,
    vorticity: along((factor, turn) => Math.hypot(factor * curvature, turn * slope)),
    divergence: along((_, turn) => Math.abs(turn) * slope),
    geopotential: one,
    thickness: one,
  };
}

/** What says how strong the flow is: the first of these that the schema has. */
const carriers: readonly BalancedQuantity[][] = [['eastward', 'northward'], ['vorticity'], ['geopotential']];

/** Vertical modes whose strength follows the spread of the carriers, and equals it in the mean of squares. */
function fitVertical(
  { schema, verticalModes: modes, spread }: BalanceOptions,
  channels: readonly BalancedChannel[],
  byRow: Readonly<Record<BalancedQuantity, Float64Array>>,
): VerticalModes {
  const top = Math.min(...channels.map(({ pressure }) => pressure));
  if (spread === null) return verticalModes(modes, top, [{ pressure: top, amplitude: 1 }]);
  const weights = rowWeights(schema.grid);
  const areaRoot = (profile: Float64Array): number =>
    Math.sqrt(profile.reduce((sum, value, row) => sum + weights[row]! * value * value, 0) / profile.length);
  const kind = carriers.find((quantities) => channels.some(({ quantity }) => quantities.includes(quantity)));
  // A spread of 0 is a channel that never changes: it says nothing of the flow.
  const wanted = channels
    .filter(({ channel, quantity }) => kind?.includes(quantity) === true && spread[channel]! > 0)
    .map(({ channel, quantity, factor, pressure }) => ({
      pressure,
      amplitude: spread[channel]! / (Math.abs(factor) * areaRoot(byRow[quantity])),
    }));
  if (wanted.length === 0 || wanted.some(({ amplitude }) => !Number.isFinite(amplitude))) {
    throw usageError(
      `balanced perturbation: its size follows the climatological spread of wind, vorticity or geopotential, and that is ` +
        '0 or not known in all of them, or the grid lies where geostrophic wind is blended to zero; choose more dates, ' +
        'linear balance, or another perturbation',
    );
  }
  const smooth = verticalModes(modes, top, wanted);
  const ratio =
    wanted.reduce((sum, { pressure, amplitude }) => sum + (smooth.amplitude(pressure) / amplitude) ** 2, 0) /
    wanted.length;
  const scale = 1 / Math.sqrt(ratio);
  return verticalModes(
    modes,
    top,
    wanted.map(({ pressure, amplitude }) => ({ pressure, amplitude: scale * amplitude })),
  );
}

function flowMaker(
  { schema, amplitudes, balance, equatorDegrees }: BalanceOptions,
  channels: readonly BalancedChannel[],
  weights: readonly Float64Array[],
): Pick<BalancedPattern, 'make' | 'memoryBytes'> {
  const { grid } = schema;
  const points = gridSize(grid);
  const columns = grid.longitudes.length;
  const degree = amplitudes.length - 1;
  const size = 2 * coefficientCount(degree);
  const fields = weights[0]?.length ?? 0;
  const linear = balance === 'linear';
  const flow = createStreamfunctionWind(grid, degree);
  const massDegree = linear ? degree + 1 : degree;
  const massSize = 2 * coefficientCount(massDegree);
  const has = (...quantities: BalancedQuantity[]): boolean =>
    channels.some(({ quantity }) => quantities.includes(quantity));
  const turned = !linear && has('vorticity', 'divergence');
  const needs = {
    wind: has('eastward', 'northward') || turned,
    vorticity: has('vorticity'),
    mass: has('geopotential', 'thickness'),
  };
  // linear balance has mass of the same degree and orders as the wind
  const synthesis = needs.mass ? (linear ? flow.synthesis : makeSynthesis(grid, degree)) : null;
  const balanced = linear ? createLinearBalance(degree) : null;
  const massSpectra = new Float64Array(linear && needs.mass ? fields * massSize : 0);
  // [field, lat, lon]
  const horizontal = (needed: boolean): Float32Array => new Float32Array(needed ? fields * points : 0);
  const [u, v] = [horizontal(needs.wind), horizontal(needs.wind)];
  const [vorticity, divergence] = [horizontal(needs.vorticity), horizontal(has('divergence'))];
  const mass = horizontal(needs.mass);
  const sources: Readonly<Record<BalancedQuantity, Float32Array>> = {
    eastward: u,
    northward: v,
    vorticity,
    divergence,
    geopotential: mass,
    thickness: mass,
  };
  const factors = linear
    ? []
    : Array.from(grid.latitudes, (latitude) => geostrophicFactor(latitude, equatorDegrees));
  const parts = schema.channels.map((_, channel) => {
    const i = channels.findIndex((one) => one.channel === channel);
    const found = channels[i];
    return found === undefined ? null : { source: sources[found.quantity], weights: weights[i]! };
  });

  /** k × ∇Φ and ∇²Φ become the wind F k × ∇Φ, its vorticity and divergence. */
  function makeGeostrophic(): void {
    for (let line = 0; line < fields * factors.length; line++) {
      const { factor, slope } = factors[line % factors.length]!;
      const turn = slope / earthRadius;
      for (let point = line * columns; point < (line + 1) * columns; point++) {
        if (needs.vorticity) vorticity[point] = factor * vorticity[point]! - turn * u[point]!;
        if (divergence.length > 0) divergence[point] = turn * v[point]!;
        u[point]! *= factor;
        v[point]! *= factor;
      }
    }
  }

  function writePart(
    channel: number,
    firstPoint: number,
    count: number,
    out: Float32Array,
    offset = 0,
  ): void {
    const part = parts[channel];
    if (part) combine(part.weights, part.source, firstPoint, points, count, out, offset);
    else out.fill(0, offset, offset + count);
  }

  const made: BalancedFlow = {
    write(out) {
      for (let channel = 0; channel < parts.length; channel++) {
        writePart(channel, 0, points, out, channel * points);
      }
    },
    writePart,
  };

  const horizontalBytes = [u, v, vorticity, divergence, mass].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
  const memoryBytes =
    flow.memoryBytes +
    (synthesis === null || linear ? 0 : synthesis.memoryBytes) +
    // two factors of every harmonic, which linear balance has
    (linear ? 8 * size : 0) +
    massSpectra.byteLength +
    horizontalBytes;

  const make: BalancedPattern['make'] = (coefficients) => {
    if (needs.wind) flow.wind(coefficients, fields, u, v);
    if (needs.vorticity) flow.vorticity(coefficients, fields, vorticity);
    if (synthesis !== null) {
      if (balanced !== null) {
        for (let i = 0; i < fields; i++) balanced(coefficients, i * size, massSpectra, i * massSize);
      }
      synthesis.evaluateMany(balanced === null ? coefficients : massSpectra, fields, mass);
    }
    if (needs.wind && !linear) makeGeostrophic();
    return made;
  };
  return { make, memoryBytes };
}

/** Σ weight · field at some points, three fields at a time: [field, point] → [point]. */
function combine(
  weights: Float64Array,
  source: Float32Array,
  first: number,
  apart: number,
  count: number,
  out: Float32Array,
  offset: number,
): void {
  for (let field = 0; field < weights.length; field += 3) {
    const a = weights[field]!;
    const b = field + 1 < weights.length ? weights[field + 1]! : 0;
    const c = field + 2 < weights.length ? weights[field + 2]! : 0;
    const atA = field * apart + first;
    // A field that is not there is taken 0 times.
    const atB = field + 1 < weights.length ? atA + apart : atA;
    const atC = field + 2 < weights.length ? atA + 2 * apart : atA;
    if (field === 0) {
      for (let i = 0; i < count; i++) {
        out[offset + i] = a * source[atA + i]! + b * source[atB + i]! + c * source[atC + i]!;
      }
    } else {
      for (let i = 0; i < count; i++) {
        out[offset + i]! += a * source[atA + i]! + b * source[atB + i]! + c * source[atC + i]!;
      }
    }
  }
}
