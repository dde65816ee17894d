/**
 * One lane of the pool: opens the model once, then makes blocks of members and products of starts, each
 * written by the worker that made it. Runs as built JavaScript in a worker thread of piscina.
 */
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { type ErrorTag, toPlumeError } from '../core/errors.js';
import type { ForecastModel } from '../core/interfaces.js';
import { type SchemaJson, schemaFromJson } from '../core/schema.js';
import { createMemberFile, memberFileName, memberFileRows } from '../core/store/memberFile.js';
import { formatTime } from '../core/time.js';
import type { ResolvedDevice } from '../models/onnx/devices.js';
import { type ModelSource, openModel } from '../models/open.js';
import { createPerturbation, type PerturbationSource } from '../perturbations/create.js';
import type { MemberBlock, NestedDesign } from './design.js';
import { makeProducts, type ProductsMade } from './products.js';
import { trajectory } from './trajectory.js';

/** What every task of a run shares: plain data, handed to the thread when it starts. */
export interface WorkerSetup {
  readonly directory: string;
  readonly model: ModelSource;
  readonly device: ResolvedDevice;
  readonly perturbation: PerturbationSource;
  readonly seed: number;
  readonly schema: SchemaJson;
  readonly leadsHours: readonly number[];
  readonly noiseStreams: number;
  readonly batchMembers: number;
}

export interface MembersTask {
  readonly start: number;
  /** Newest first, each [channel, lat, lon]; in shared memory. */
  readonly analysis: readonly Float32Array[];
  readonly block: MemberBlock;
}

export interface MembersMade extends MemberBlock {
  readonly file: string;
  readonly start: number;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ProductsTask {
  readonly start: number;
  readonly design: NestedDesign;
  readonly memberFiles: readonly string[];
}

const setup = workerData as WorkerSetup;
const schema = schemaFromJson(setup.schema);
const perturbation = createPerturbation(setup.perturbation, schema.grid);
let opened: Promise<ForecastModel> | undefined;

function model(): Promise<ForecastModel> {
  opened ??= openModel(setup.model, { device: setup.device, threads: 1 });
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

async function members({ start, analysis, block }: MembersTask): Promise<MembersMade> {
  const { directory, leadsHours, noiseStreams } = setup;
  const file = memberFileName(start, block.firstWeightSample, block.weightSamples);
  const description = { schema, start, leadsHours, noiseStreams, ...block };
  const writer = await createMemberFile(join(directory, file), description);
  try {
    const request = { ...setup, start, analysis, block, steps: leadsHours.length };
    for await (const states of trajectory(await model(), perturbation, request)) await writer.append(states);
    const written = await writer.commit();
    return { ...block, file, start, rows: memberFileRows(description), ...written };
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function secondsPerMemberStep({ start, analysis, block }: MembersTask): Promise<number> {
  const request = { ...setup, start, analysis, block, steps: 2 };
  let before = 0;
  let seconds = 0;
  for await (const _ of trajectory(await model(), perturbation, request)) {
    const now = performance.now();
    seconds = (now - before) / 1000;
    before = now;
  }
  return seconds / (block.weightSamples * setup.noiseStreams);
}
