/**
 * One lane of the pool: opens the model once, then makes blocks of members and products of starts, each
 * written by the worker that made it. Of a trajectory, the leads and channels that the run keeps are written. Runs as built JavaScript in a worker thread of piscina.
 */
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { type ErrorTag, internalError, toPlumeError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { ForecastModel, StepPerturbation } from '../core/interfaces.js';
import { channelName, type SchemaJson, schemaFromJson } from '../core/schema.js';
import { createMemberFile, memberFileName, memberFileRows } from '../core/store/memberFile.js';
import { formatTime } from '../core/time.js';
import type { ResolvedDevice } from '../models/onnx/devices.js';
import { type ModelSource, openModel } from '../models/open.js';
import { createInitialPerturbations, createStepPerturbations } from '../perturbations/create.js';
import { startCounts } from '../perturbations/heldBack.js';
import { createLimits, type HeldCount } from '../perturbations/limits.js';
import type { InitialSource, PerturbationContext, StepSource } from '../perturbations/source.js';
import { blockMembers, type MemberBlock, type NestedDesign } from './design.js';
import { makeProducts, type ProductsMade } from './products.js';
import { threadSeconds } from './threadTime.js';
import { type TrajectoryRequest, trajectory } from './trajectory.js';

/** What every task of a run shares: plain data, handed to the thread when it starts. */
export interface WorkerSetup {
  readonly directory: string;
  readonly model: ModelSource;
  readonly device: ResolvedDevice;
  /** Of the members' first states, in their order. */
  readonly initial: readonly InitialSource[];
  /** Of every step, in their order. */
  readonly steps: readonly StepSource[];
  /** The schema is the model's. */
  readonly context: Omit<PerturbationContext, 'schema'>;
  readonly seed: number;
  /** What is kept: channels of the model, in its order. */
  readonly schema: SchemaJson;
  /** Leads that are kept: multiples of the model's step, rising. */
  readonly leadsHours: readonly number[];
  readonly noiseStreams: number;
  readonly batchMembers: number;
}

export interface MembersTask {
  readonly start: number;
  /** By age, newest first, each [channel, lat, lon]; in shared memory. */
  readonly analyses: readonly Float32Array[];
  readonly block: MemberBlock;
}

export interface MembersMade extends MemberBlock {
  readonly file: string;
  readonly start: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of one core, from the first step to the last byte; of the lane on a device other than the CPU. */
  readonly seconds: number;
  /** What the limits held back. */
  readonly held: readonly HeldCount[];
}

export interface ProductsTask {
  readonly start: number;
  readonly design: NestedDesign;
  readonly memberFiles: readonly string[];
}

const setup = workerData as WorkerSetup;
const schema = schemaFromJson(setup.schema);

/** A model, and what perturbs its members. */
interface Opened {
  readonly model: ForecastModel;
  readonly perturbations: readonly StepPerturbation[];
  /** What trajectories share. */
  readonly shared: Pick<TrajectoryRequest, 'seed' | 'noiseStreams' | 'batchMembers' | 'initial' | 'limits'>;
}
let opened: Promise<Opened> | undefined;

async function open(): Promise<Opened> {
  const model = await openModel(setup.model, { device: setup.device, threads: 1 });
  const context = { ...setup.context, schema: model.schema };
  const { seed, noiseStreams, batchMembers } = setup;
  return {
    model,
    perturbations: createStepPerturbations(setup.steps, context),
    shared: {
      ...{ seed, noiseStreams, batchMembers },
      initial: createInitialPerturbations(setup.initial, context),
      limits: createLimits(model.schema, context.spread),
    },
  };
}

function once(): Promise<Opened> {
  opened ??= open();
  return opened;
}

/** Errors lose their class and fields on the way between threads, so a failure travels as data. */
export type Outcome<Result> =
  | { readonly result: Result }
  | { readonly failure: { readonly tag: ErrorTag; readonly message: string } };

async function outcome<Result>(doing: string, work: () => Promise<Result>): Promise<Outcome<Result>> {
  try {
    return { result: await work() };
  } catch (error) {
    const { tag, message } = toPlumeError(error, doing);
    return { failure: { tag, message } };
  }
}

/** Runs a block through all leads and writes its file. */
export function makeMembers(task: MembersTask): Promise<Outcome<MembersMade>> {
  return outcome(`start ${formatTime(task.start)}`, () => members(task));
}

/** Reduces all members of a start. */
export function makeStartProducts(task: ProductsTask): Promise<Outcome<ProductsMade>> {
  return outcome(`products of start ${formatTime(task.start)}`, () =>
    makeProducts({ ...task, directory: setup.directory, schema, leadsHours: setup.leadsHours }),
  );
}

/** Seconds of one member's step, timed on the second step of a block that is not kept. */
export function timeStep(task: MembersTask): Promise<Outcome<number>> {
  return outcome('timing a step', () => secondsPerMemberStep(task));
}

async function members({ start, analyses, block }: MembersTask): Promise<MembersMade> {
  const { directory, leadsHours, noiseStreams } = setup;
  const { model, perturbations, shared } = await once();
  const clock = setup.device === 'cpu' ? threadSeconds : () => performance.now() / 1000;
  const began = clock();
  const file = memberFileName(start, block.firstWeightSample, block.weightSamples, block.streams);
  const description = { schema, start, leadsHours, noiseStreams, ...block };
  const writer = await createMemberFile(join(directory, file), description);
  try {
    const steps = (leadsHours.at(-1) ?? 0) / model.stepHours;
    const kept = new Set(leadsHours.map((lead) => lead / model.stepHours));
    const select = keptChannels(model, blockMembers(block, noiseStreams));
    let step = 0;
    const held = startCounts(shared.limits ?? null, setup.initial.length);
    const request = { ...shared, start, analyses, block, steps, held };
    for await (const states of trajectory(model, perturbations, request)) {
      step++;
      if (kept.has(step)) await writer.append(select(states));
    }
    const written = await writer.commit();
    const seconds = clock() - began;
    return { ...block, file, start, rows: memberFileRows(description), ...written, seconds, held };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** [member, channel, lat, lon] of the model → the same of the channels that are kept. */
function keptChannels(model: ForecastModel, members: number): (states: Float32Array) => Float32Array {
  const all = model.schema.channels.map(channelName);
  const indices = schema.channels.map((channel) => all.indexOf(channelName(channel)));
  if (indices.some((index) => index < 0))
    throw internalError('the run keeps a channel that the model has not');
  if (indices.length === all.length) return (states) => states;
  const points = gridSize(schema.grid);
  const out = new Float32Array(members * indices.length * points);
  return (states) => {
    for (let member = 0; member < members; member++) {
      indices.forEach((index, kept) => {
        const from = (member * all.length + index) * points;
        out.set(states.subarray(from, from + points), (member * indices.length + kept) * points);
      });
    }
    return out;
  };
}

async function secondsPerMemberStep({ start, analyses, block }: MembersTask): Promise<number> {
  const { model, perturbations, shared } = await once();
  const request = { ...shared, start, analyses, block, steps: 2 };
  let before = 0;
  let seconds = 0;
  for await (const _ of trajectory(model, perturbations, request)) {
    const now = performance.now();
    seconds = (now - before) / 1000;
    before = now;
  }
  return seconds / blockMembers(block, setup.noiseStreams);
}
