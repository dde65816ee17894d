/**
 * Hemispheric centred bred vectors: errors that the model itself has grown over the days before the start.
 * A seed of correlated noise on one channel is added to an earlier analysis x(t); then, a cycle of length T after another,
 *   δ ← M(x(t) + δ) − M(x(t)),   δ ← f(φ) δ,   t ← t + T,
 * where M is the model's forecast over T and f brings each channel of each hemisphere to a share of its forecast error
 * (hemisphericCaps.ts, table: errorTable.ts). The next cycle starts from the next analysis, not from the forecast. At the
 * start members are x ± δ: noise streams 2i and 2i + 1 share δ with opposite signs, so that their mean is the analysis.
 * Toth & Kalnay 1997, Mon. Wea. Rev. 125, 3297; centred, by hemisphere, seeded in z500 and scaled to 0.35 of the
 * deterministic 48-h error: Mahesh et al. 2025, Geosci. Model Dev. 18, 5575.
 * A weight sample breeds with its own weights. A model that reads earlier states too is bred with them: δ has all ages of
 * its history, each the difference of the two forecasts at that time, scaled as the newest; the seed is the same at all ages.
 */
import { dataError, internalError, usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { InitialPerturbation, InitialRows, MemberKey } from '../../core/interfaces.js';
import { channelName, type Schema } from '../../core/schema.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import { antitheticKey } from '../fields/antithetic.js';
import { heatKernelAmplitudes } from '../fields/heatKernel.js';
import { createIndependentFields } from '../fields/independentFields.js';
import { requireResolved } from '../fields/noiseScales.js';
import type { BredVectorSource, PerturbationContext } from '../source.js';
import { createHemisphericCaps } from './hemisphericCaps.js';

/** A model that integrates levels of its own reads these alone; the others of its channels are diagnosed from them. */
const vorticityOnLevel = /^vo_ml(\d+)$/;
const integratedChannel = /^(vo|d|t)_ml\d+$|^lnsp$/;

/**
 * Channel that a seed is put on where nobody says: vorticity on the middle one of a model's own levels; else z500, the
 * first geopotential, mean sea level pressure, the first channel.
 */
export function defaultSeedChannel({ channels }: Pick<Schema, 'channels'>): string {
  const names = channels.map(channelName);
  const vorticity = names.filter((name) => vorticityOnLevel.test(name));
  if (vorticity.length > 0) return vorticity[Math.floor((vorticity.length - 1) / 2)] ?? '';
  const geopotential = channels.find(({ variable }) => variable === 'z');
  if (names.includes('z500')) return 'z500';
  if (geopotential !== undefined) return channelName(geopotential);
  return names.includes('msl') ? 'msl' : (names[0] ?? '');
}

/**
 * @throws {PlumeError} usage, for a cycle that is no whole number of steps, a table without a channel of the model, a seed
 *   that nothing would come of
 */
export function createBredVectors(
  source: BredVectorSource,
  context: PerturbationContext,
  place = 0,
): InitialPerturbation {
  const { schema, stepHours } = context;
  const { amplitude, cycles, antithetic } = source;
  requirePositive('amplitude', amplitude);
  if (!(Number.isInteger(cycles) && cycles >= 1)) {
    throw usageError(`bred vectors: cycles is ${cycles}; it must be a whole number, 1 or more, such as 3`);
  }
  const cycleSteps = stepsOfCycle(source.cycleHours, stepHours);
  const targets = errorsByChannel(source, schema).map((error) => amplitude * error);
  const seed = createSeed(source, schema, place);
  const points = gridSize(schema.grid);
  const stateLength = schema.channels.length * points;
  const columns = schema.grid.longitudes.length;
  const caps = createHemisphericCaps(schema.grid);
  const factors = new Float64Array(schema.grid.latitudes.length);

  /** Scales one vector, all ages by what the newest has. */
  const rescale = (vector: readonly Float32Array[]): void => {
    targets.forEach((target, channel) => {
      const from = channel * points;
      caps.factors(vector[0]!.subarray(from, from + points), target, factors);
      for (const age of vector) {
        for (let point = 0; point < points; point++) {
          const at = from + point;
          age[at] = age[at]! * factors[Math.floor(point / columns)]!;
        }
      }
    });
  };

  /** Grows the vectors of a block. @returns by age, [vector, channel, lat, lon] */
  const breed = async (rows: InitialRows, { keys, samples }: Vectors): Promise<Float32Array[]> => {
    const perSample = keys.length / samples;
    const vectors = rows.states.map(() => new Float32Array(keys.length * stateLength));
    const vector = (row: number): Float32Array[] =>
      vectors.map((all) => all.subarray(row * stateLength, (row + 1) * stateLength));
    for (const [row, key] of keys.entries()) seed.add(key, vector(row));
    // the last row of a weight sample is its unperturbed forecast
    const batch = rows.states.map(() => new Float32Array(samples * (perSample + 1) * stateLength));
    const rowOf = (row: number): number => row + Math.floor(row / perSample);
    for (let cycle = 0; cycle < cycles; cycle++) {
      const stepsBack = (cycles - cycle) * cycleSteps;
      for (const [age, states] of batch.entries()) {
        const analysis = rows.analyses[stepsBack + age];
        if (analysis === undefined) {
          throw internalError(`bred vectors: no analysis ${stepsBack + age} steps before the start`);
        }
        for (let at = 0; at < states.length; at += stateLength) states.set(analysis, at);
        for (let row = 0; row < keys.length; row++) {
          add(states, rowOf(row) * stateLength, vector(row)[age]!, 1);
        }
      }
      const validTime = (keys[0]?.start ?? 0) - stepsBack * stepHours * millisecondsPerHour;
      takeDifferences(await rows.forecast(batch, validTime, cycleSteps), cycle);
    }
    return vectors;

    /** A function of its own, so that forecasts are gone before the next are made. */
    function takeDifferences(forecast: readonly Float32Array[], cycle: number): void {
      for (let row = 0; row < keys.length; row++) {
        const control = (Math.floor(row / perSample) * (perSample + 1) + perSample) * stateLength;
        const own = vector(row);
        for (const [age, difference] of own.entries()) {
          subtract(forecast[age]!, rowOf(row) * stateLength, control, difference);
        }
        requireFinite(own[0]!, keys[row]!, cycle);
        if (cycle === 0) seed.requireGrowth(own[0]!);
        rescale(own);
      }
    }
  };

  return {
    stepsBack: cycles * cycleSteps,
    memory: (samples, streams) => {
      const vectors = samples * (antithetic ? Math.ceil(streams / 2) : streams);
      // vectors, then the same beside an unperturbed forecast of every weight sample
      const forecastRows = vectors + samples;
      return { heldBytes: seed.memoryBytes, ownRows: vectors + forecastRows, forecasts: [forecastRows] };
    },
    add: async (rows) => {
      const members = rows.keys.map((key) => (antithetic ? antitheticKey(key) : { key, sign: 1 as const }));
      const whose = distinct(members.map(({ key }) => key));
      const vectors = await breed(rows, whose);
      for (const [row, { sign }] of members.entries()) {
        const from = whose.of[row]! * stateLength;
        for (const [age, states] of rows.states.entries()) {
          add(states, row * stateLength, vectors[age]!.subarray(from, from + stateLength), sign);
        }
      }
    },
  };
}

/** The vectors that some rows need, weight samples in order, the same number for each. */
interface Vectors {
  readonly keys: readonly MemberKey[];
  readonly samples: number;
  /** By row: its vector. */
  readonly of: readonly number[];
}

function distinct(keys: readonly MemberKey[]): Vectors {
  const index = new Map<string, number>();
  const found: MemberKey[] = [];
  const of = keys.map((key) => {
    const name = `${key.weightSample} ${key.noiseStream}`;
    const known = index.get(name) ?? found.push(key) - 1;
    index.set(name, known);
    return known;
  });
  return { keys: found, samples: new Set(found.map(({ weightSample }) => weightSample)).size, of };
}

interface Seed {
  readonly memoryBytes: number;
  /** To one channel of every age, the same field. */
  add(key: MemberKey, vector: readonly Float32Array[]): void;
  /** @throws {PlumeError} usage, when a forecast does not know of the seed */
  requireGrowth(difference: Float32Array): void;
}

function createSeed(source: BredVectorSource, schema: Schema, place: number): Seed {
  const { seedChannel, seedAmplitude, seedLengthKm, errors } = source;
  requirePositive('seedAmplitude', seedAmplitude);
  const names = schema.channels.map(channelName);
  const channel = names.indexOf(seedChannel);
  const instead = defaultSeedChannel(schema);
  if (channel < 0) {
    throw usageError(
      `bred vectors: the model has no channel "${seedChannel}" to put the seed on; it has ${names.join(', ')}: ` +
        `give seed-channel=${instead}`,
    );
  }
  if (vorticityOnLevel.test(instead) && !integratedChannel.test(seedChannel)) {
    throw usageError(
      `bred vectors: the model integrates levels of its own and does not read the seed's channel ${seedChannel}; ` +
        `give seed-channel=${instead}`,
    );
  }
  const size = seedAmplitude * (errors[seedChannel] ?? 0);
  if (size === 0) {
    throw usageError(
      `bred vectors: the table of errors (${source.errorsOf}) has 0 for the seed's channel ${seedChannel}, so that there ` +
        'is no seed; choose a channel whose forecasts err',
    );
  }
  requireResolved(schema.grid, seedLengthKm);
  const amplitudes = heatKernelAmplitudes(seedLengthKm).map((sigma) => size * sigma);
  const options = { amplitudes, purpose: 'initial', antithetic: false } as const;
  const fields = createIndependentFields(schema.grid, options);
  const points = gridSize(schema.grid);
  const field = new Float32Array(points);
  return {
    memoryBytes: fields.memoryBytes + field.byteLength,
    add(key, vector) {
      fields.draw(key, place, 1, field);
      for (const age of vector) add(age, channel * points, field, 1);
    },
    requireGrowth(difference) {
      if (difference.some((value) => value !== 0)) return;
      throw usageError(
        `bred vectors: a cycle after the seed of ${size.toPrecision(3)} ${schema.channels[channel]?.unit ?? ''} on ` +
          `${seedChannel}, the model's forecast is as without it; choose another seed-channel, or a larger seed-amplitude`,
      );
    },
  };
}

/** Whole steps of the model. */
function stepsOfCycle(cycleHours: number, stepHours: number): number {
  const steps = cycleHours / stepHours;
  if (Number.isInteger(steps) && steps >= 1) return steps;
  const below = Math.floor(steps) * stepHours;
  const nearest = [below, below + stepHours].filter((hours) => hours > 0);
  throw usageError(
    `bred vectors: a cycle of ${cycleHours} h is no whole number of the model's steps of ${stepHours} h; ` +
      `give cycle-hours=${Number.isFinite(steps) && steps > 0 ? nearest.join(' or ') : stepHours}`,
  );
}

/** Root mean square errors in the order of the model's channels; 0 where a channel never errs. */
function errorsByChannel({ errors, errorsOf }: BredVectorSource, { channels }: Schema): number[] {
  const lacking = channels.map(channelName).filter((name) => !Object.hasOwn(errors, name));
  if (lacking.length > 0) {
    throw usageError(
      `bred vectors: the table of errors (${errorsOf}) lacks ${lacking.slice(0, 5).join(', ')}` +
        `${lacking.length > 5 ? ` and ${lacking.length - 5} more` : ''} of the model's channels; make one for this model ` +
        'with plume errors',
    );
  }
  return channels.map((channel) => {
    const name = channelName(channel);
    const error = errors[name] ?? Number.NaN;
    if (Number.isFinite(error) && error >= 0) return error;
    throw usageError(
      `bred vectors: the table of errors (${errorsOf}) has ${error} for ${name}; it must be a number, 0 or more`,
    );
  });
}

function requirePositive(name: 'amplitude' | 'seedAmplitude', value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  const flag = name === 'amplitude' ? name : 'seed-amplitude';
  throw usageError(
    `bred vectors: ${flag} is ${value}; it must be a number above 0, as a share of the table of errors`,
  );
}

function requireFinite(difference: Float32Array, { start, weightSample }: MemberKey, cycle: number): void {
  if (difference.every((value) => Number.isFinite(value))) return;
  throw dataError(
    `start ${formatTime(start)}: a forecast with weight sample ${weightSample} stopped being finite in breeding cycle ` +
      `${cycle + 1}; check the analyses before the start, or give a smaller amplitude or seed-amplitude`,
  );
}

/** states[at …] += sign · values */
function add(states: Float32Array, at: number, values: Float32Array, sign: 1 | -1): void {
  for (let i = 0; i < values.length; i++) states[at + i]! += sign * values[i]!;
}

/** out = states[a …] − states[b …] */
function subtract(states: Float32Array, a: number, b: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = states[a + i]! - states[b + i]!;
}
