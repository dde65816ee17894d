/**
 * What perturbations cost one thread: of those made at every step, milliseconds of a member's step, eight members in a
 * batch, and the share of the model's step; of those made once a start, milliseconds a member.
 *   33 × 64              the shipped network, its step measured in the same run
 *   121 × 240, 721 × 1440   a transformer of Pangu-Weather's size (panguClass.ts): the matrix products of its step, counted
 *                        from its graph, at the rate of the fastest matrix product of the same run. That is a faster step
 *                        than there is on this processor: what lies between the products takes no time.
 * Beside each the time of adding one array to another of the size of a member's state, which is what is done at least by
 * whatever changes all channels.
 * Bytes are those that a step of a batch leaves to the garbage collector, on the heap and in arrays.
 * Seconds are the processor's, of this process: other work on the machine adds the least to them.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { availableMemoryBytes } from '../core/availableMemory.js';
import { isPlumeError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { InitialPerturbation, MemberKey } from '../core/interfaces.js';
import { normals } from '../core/random/stream.js';
import type { Schema } from '../core/schema.js';
import { channelPressures } from '../models/channelPressures.js';
import { describeModel, openModel } from '../models/open.js';
import { createInitialPerturbations, createStepPerturbations } from '../perturbations/create.js';
import { type PerturbationRequest, parsePerturbations } from '../perturbations/parse.js';
import { resolvePerturbation } from '../perturbations/resolve.js';
import type { InitialSource, NoiseScale, PerturbationContext, StepSource } from '../perturbations/source.js';
import { panguSchema, panguStepFlops } from './panguClass.js';
import { onnxProducts } from './trainingStep.js';

const members = 8;
const tries = 5;
/** A try takes so long at least, or the clock of the processor's time is too coarse. */
const leastSeconds = 0.05;
/** And one that takes so long is not made often. */
const longSeconds = 1;
const networkRows = 24;

const atSteps = ['noise', 'noise:balance=linear', 'sppt-ifs', 'skeb-wrf'];
const atStarts = ['white', 'red', 'spherical-gaussian', 'perlin', 'state-difference', 'balanced'];
/** Of the transformers, which have learned none. */
const assumedNoise: readonly NoiseScale[] = [{ lengthKm: 500, timeHours: 24, share: 1 }];

interface Case {
  readonly schema: Schema;
  readonly stepHours: number;
  readonly noise: readonly NoiseScale[];
  /** Seconds of a member's step. */
  readonly modelSeconds: number;
  readonly model: string;
}

export async function benchPerturbations(): Promise<void> {
  await report(await shippedNetwork());
  const rate = Math.max(...(await onnxProducts(1)));
  for (const [rows, columns] of [
    [121, 240],
    [721, 1440],
  ] as const) {
    const schema = panguSchema(rows, columns);
    const gigaflop = panguStepFlops(schema) / 1e9;
    await report({
      schema,
      stepHours: 6,
      noise: assumedNoise,
      modelSeconds: gigaflop / rate,
      model: `${gigaflop.toFixed(0)} GFLOP of the transformer at ${rate.toFixed(0)} GFLOP/s`,
    });
  }
}

async function shippedNetwork(): Promise<Case> {
  const source = { kind: 'bayesian', directory: 'models/default', uncertainty: 'hybrid' } as const;
  const { noise } = await describeModel(source);
  const model = await openModel(source, { device: 'cpu', threads: 1 });
  const { schema, stepHours } = model;
  const length = schema.channels.length * gridSize(schema.grid);
  const history = Array.from({ length: model.historyLength }, () => new Float32Array(networkRows * length));
  const seconds = await spent(() =>
    model.step({ weightSamples: [0], rowsPerSample: networkRows, history, validTime: 0 }),
  );
  await model.close();
  const modelSeconds = seconds / networkRows;
  return { schema, stepHours, noise: noise?.fields ?? [], modelSeconds, model: 'the shipped network' };
}

async function report({ schema, stepHours, noise, modelSeconds, model }: Case): Promise<void> {
  const { grid, channels } = schema;
  const length = channels.length * gridSize(grid);
  const name = `${grid.latitudes.length} × ${grid.longitudes.length}, ${channels.length} channels`;
  // two batches of states, a pool of two, and what schemes hold
  if (4 * length * (2 * members + 4) > availableMemoryBytes()) {
    print(`  ${name}: not measured, ${members} members would not fit into the memory that is free`);
    return;
  }
  const before = new Float32Array(members * length);
  const after = new Float32Array(members * length);
  normals({ ...keys[0]!, purpose: 'training', step: 0 }, before.subarray(0, length));
  for (let row = 1; row < members; row++) before.copyWithin(row * length, 0, length);
  const floor = await spent(() => addTo(after, before));
  print(
    `  ${name}: a step of ${model} ${milliseconds(modelSeconds)}, one state added to another ` +
      `${milliseconds(floor / members)}`,
  );
  const perturbed = { name: 'the model', schema, stepHours, noise };
  const context: PerturbationContext = {
    schema,
    stepHours,
    pressures: channelPressures(schema),
    spread: channels.map(() => 1),
    pool: { dates: 2, states: [before.subarray(0, 2 * length)] },
    rotate: false,
  };
  for (const asked of (await Promise.all(atSteps.map((one) => parsePerturbations([one])))).flat()) {
    const source = (await resolvePerturbation(asked, perturbed)).source as StepSource;
    const streams = attempt(asked, () => createStepPerturbations([source], context)[0]?.streams(keys));
    if (streams === undefined) continue;
    const step = { firstRow: 0, rows: members, before, after, amplitude: before };
    const seconds = (await spent(() => streams.apply(step))) / members;
    const bytes = left(() => streams.apply(step));
    print(
      `    ${labelOf(asked).padEnd(18)} ${milliseconds(seconds)} a member's step, ${percent(seconds / modelSeconds)} of the ` +
        `model's, ${((seconds * members) / floor).toFixed(1)} × the addition; ` +
        `leaves ${bytes.heap} bytes on the heap, ${bytes.arrays} in arrays`,
    );
  }
  for (const asked of await parsePerturbations(atStarts)) {
    const source = (await resolvePerturbation(asked, perturbed)).source as InitialSource;
    const perturbation = attempt(asked, () => createInitialPerturbations([source], context)[0]);
    if (perturbation === undefined) continue;
    const seconds = await spent(() => start(perturbation, after.subarray(0, length)));
    print(
      `    ${labelOf(asked).padEnd(18)} ${milliseconds(seconds)} a member, once a start, ` +
        `${percent(seconds / modelSeconds)} of a step, ${((seconds * members) / floor).toFixed(1)} × the addition`,
    );
  }
}

const keys: readonly MemberKey[] = Array.from({ length: members }, (_, noiseStream) => ({
  seed: 1,
  start: 0,
  weightSample: 0,
  noiseStream,
}));

function start(perturbation: InitialPerturbation, state: Float32Array): Promise<void> {
  return perturbation.add({
    keys: keys.slice(0, 1),
    states: [state],
    analyses: [],
    forecast: () => Promise.reject(new Error('none of those measured asks for forecasts')),
  });
}

function labelOf({ name, values }: PerturbationRequest): string {
  return values.get('balance') === 'linear' && name === 'noise' ? 'noise, balanced' : name;
}

/** What a grid is too large for says so. */
function attempt<Created>(asked: PerturbationRequest, create: () => Created): Created | undefined {
  try {
    return create();
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    print(`    ${labelOf(asked).padEnd(18)} refused: ${error.message}`);
    return undefined;
  }
}

function addTo(to: Float32Array, from: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += 0.5 * from[i]!;
}

/** Least seconds of the processor of several tries, each as often as takes long enough; of two where one takes seconds. */
async function spent(work: () => unknown): Promise<number> {
  let repeats = 1;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < (best > longSeconds ? 2 : tries); ) {
    const began = process.cpuUsage();
    for (let k = 0; k < repeats; k++) await work();
    const { user, system } = process.cpuUsage(began);
    const seconds = (user + system) / 1e6;
    if (seconds < leastSeconds) {
      repeats *= 2;
      continue;
    }
    best = Math.min(best, seconds / repeats);
    i++;
  }
  return best;
}

/**
 * Bytes that work which has been done before leaves behind: of three times the least on the heap, where compiling goes on
 * beside it, and the median in arrays, which are freed when it suits the collector.
 */
function left(work: () => void): { heap: number; arrays: number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const all = Array.from({ length: 3 }, () => {
    collect();
    const held = process.memoryUsage();
    work();
    const now = process.memoryUsage();
    return { heap: now.heapUsed - held.heapUsed, arrays: now.arrayBuffers - held.arrayBuffers };
  });
  const arrays = all.map((one) => one.arrays).sort((a, b) => a - b);
  return { heap: Math.min(...all.map(({ heap }) => heap)), arrays: arrays[1] ?? 0 };
}

function milliseconds(seconds: number): string {
  const value = 1e3 * seconds;
  return `${value < 10 ? value.toFixed(3) : value.toFixed(0)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
