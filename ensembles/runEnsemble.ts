/**
 * Runs an ensemble into a run directory: what is missing is planned, estimated, made by the pool and recorded.
 * A few units are in flight at a time, so memory does not grow with starts; each holds one lead of its members,
 * so it does not grow with leads. Stopped at any moment, the same call goes on to the same bytes.
 */

import { findTime, requireFinite } from '../core/archive/finite.js';
import { interruptedError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { availableDiskBytes } from '../core/store/atomic.js';
import { productFileName } from '../core/store/productFile.js';
import {
  memberChunks,
  openOrCreateRun,
  type RunDescription,
  type RunWriter,
  readManifest,
} from '../core/store/run.js';
import type { ResolvedDevice } from '../models/onnx/devices.js';
import type { ModelSource } from '../models/open.js';
import type { PerturbationSource } from '../perturbations/create.js';
import type { MemberBlock } from './design.js';
import { availableMemoryBytes, estimateRun, type RunEstimate, requireFits } from './estimate.js';
import { createPool, type EnsemblePool } from './pool.js';

export interface EnsembleRequest {
  readonly directory: string;
  readonly description: RunDescription;
  readonly archive: Archive;
  /** Named in messages. */
  readonly archiveName: string;
  readonly model: ModelSource;
  readonly perturbation: PerturbationSource;
  readonly historyLength: number;
  readonly device: ResolvedDevice;
  readonly workers: number;
  readonly batchMembers: number;
  /** Weight samples of one unit of work. */
  readonly samplesPerBlock: number;
  /** Bytes of the model in one worker. */
  readonly modelBytes: number;
  readonly signal: AbortSignal;
  onEstimate(estimate: RunEstimate, memberSteps: number): void;
  onProgress(doneMemberSteps: number, totalMemberSteps: number): void;
}

export interface EnsembleSummary {
  readonly estimate: RunEstimate;
  readonly madeMembers: number;
  readonly keptMembers: number;
  readonly seconds: number;
}

interface Unit {
  readonly start: number;
  readonly block: MemberBlock;
}

/**
 * @throws {PlumeError} data, when an analysis is missing or incomplete; resources, when the run does not fit;
 *   interrupted, with everything finished so far recorded, when the signal aborts
 */
export async function runEnsemble(request: EnsembleRequest): Promise<EnsembleSummary> {
  const { description, archive, archiveName } = request;
  const starts = Array.from(description.starts);
  // every start is looked up, and then read, before anything is written
  for (const start of starts)
    requireHistory(archive, archiveName, start, request.historyLength, description.stepHours);
  for (const start of starts) await readAnalysis(request, start);
  const heldBytes = await bytesHeld(request.directory, starts);
  requireFits(estimateOf(request, heldBytes, null), {
    memoryBytes: availableMemoryBytes(),
    diskBytes: await availableDiskBytes(request.directory),
  });

  const run = await openOrCreateRun(request.directory, description);
  const pool = createPool(
    {
      directory: request.directory,
      model: request.model,
      device: request.device,
      perturbation: request.perturbation,
      seed: description.seed,
      schema: description.schema,
      leadsHours: description.leadsHours,
      noiseStreams: description.noiseStreams,
      batchMembers: request.batchMembers,
    },
    request.workers,
  );
  try {
    return await makeMissing(request, run, pool, starts, heldBytes);
  } finally {
    await pool.close();
    await run.close();
  }
}

async function makeMissing(
  request: EnsembleRequest,
  run: RunWriter,
  pool: EnsemblePool,
  starts: readonly number[],
  heldBytes: number,
): Promise<EnsembleSummary> {
  const { description } = request;
  const units: Unit[] = starts.flatMap((start) =>
    run.missing(start, description.weightSamples, request.samplesPerBlock).map((block) => ({ start, block })),
  );
  const membersOf = (unit: Unit): number => unit.block.weightSamples * description.noiseStreams;
  const steps = description.leadsHours.length;
  const total = units.reduce((sum, unit) => sum + membersOf(unit) * steps, 0);
  const first = units[0];
  const timed =
    first === undefined
      ? null
      : await pool.timeStep({ ...first, analysis: await readAnalysis(request, first.start) });
  const estimate = estimateOf(request, heldBytes, timed, total);
  request.onEstimate(estimate, total);

  const began = performance.now();
  let done = 0;
  request.onProgress(0, total);
  const left = new Map<number, number>(starts.map((start) => [start, 0]));
  for (const unit of units) left.set(unit.start, (left.get(unit.start) ?? 0) + 1);

  const finishStart = async (start: number): Promise<void> => {
    if (run.has(productFileName(start))) return;
    const design = { weightSamples: run.manifest.weight_samples, noiseStreams: description.noiseStreams };
    const chunks = memberChunks(run.manifest, start);
    const held = chunks.reduce((sum, [, chunk]) => sum + chunk.weight_samples, 0);
    if (held < design.weightSamples) return;
    const made = await pool.makeProducts({ start, design, memberFiles: chunks.map(([file]) => file) });
    await run.record({
      ...made,
      kind: 'products',
      start,
      firstWeightSample: 0,
      weightSamples: design.weightSamples,
    });
  };
  const makeUnit = async (unit: Unit): Promise<void> => {
    const made = await pool.makeMembers({ ...unit, analysis: await readAnalysis(request, unit.start) });
    await run.record({ ...made, kind: 'members' });
    done += membersOf(unit) * steps;
    request.onProgress(done, total);
    const missing = (left.get(unit.start) ?? 1) - 1;
    left.set(unit.start, missing);
    if (missing === 0) await finishStart(unit.start);
  };
  const complete = starts.filter((start) => left.get(start) === 0);
  const work = [
    ...complete.map((start) => () => finishStart(start)),
    ...units.map((unit) => () => makeUnit(unit)),
  ];
  await inParallel(work, request.workers + 1, request.signal);
  await run.flush();
  if (request.signal.aborted) {
    throw interruptedError(
      `stopped after ${done} of ${total} member-steps; everything finished is kept in ${request.directory}. ` +
        'Run the same command again to go on',
    );
  }
  const madeMembers = units.reduce((sum, unit) => sum + membersOf(unit), 0);
  return {
    estimate,
    madeMembers,
    keptMembers: starts.length * description.weightSamples * description.noiseStreams - madeMembers,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Runs the jobs in order, so many at a time; a failure or an abort starts no more and waits for those running. */
async function inParallel(
  jobs: readonly (() => Promise<void>)[],
  atOnce: number,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < jobs.length && failures.length === 0 && !signal.aborted) {
      try {
        await jobs[next++]?.();
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failures.length > 0) throw failures[0];
}

/** Bytes of the files that an earlier call has left for these starts: no part of what is still to be written. */
async function bytesHeld(directory: string, starts: readonly number[]): Promise<number> {
  const manifest = await readManifest(directory);
  if (manifest === null) return 0;
  const wanted = new Set(starts);
  return Object.values(manifest.chunks)
    .filter(({ start }) => wanted.has(Date.parse(start)))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function estimateOf(
  request: EnsembleRequest,
  heldBytes: number,
  secondsPerMemberStep: number | null,
  memberSteps?: number,
): RunEstimate {
  const { description } = request;
  const whole = estimateRun(
    {
      members: description.weightSamples * description.noiseStreams,
      blockMembers: Math.min(request.samplesPerBlock, description.weightSamples) * description.noiseStreams,
      batchMembers: request.batchMembers,
      channels: description.schema.channels.length,
      points: gridSize(request.archive.schema.grid),
      historyLength: request.historyLength,
      steps: description.leadsHours.length,
      starts: description.starts.length,
      workers: request.workers,
      modelBytes: request.modelBytes,
    },
    secondsPerMemberStep,
    memberSteps,
  );
  return { ...whole, diskBytes: Math.max(0, whole.diskBytes - heldBytes) };
}

function requireHistory(
  archive: Archive,
  name: string,
  start: number,
  historyLength: number,
  stepHours: number,
): number[] {
  return Array.from({ length: historyLength }, (_, back) =>
    findTime(archive, start - back * stepHours * 3_600_000, name),
  );
}

/** Analysis and the states before it, newest first, in memory that the workers share. */
async function readAnalysis(request: EnsembleRequest, start: number): Promise<Float32Array[]> {
  const { archive, archiveName, description } = request;
  const indices = requireHistory(archive, archiveName, start, request.historyLength, description.stepHours);
  const states: Float32Array[] = [];
  for (const index of indices) {
    const state = await archive.read(index);
    requireFinite(state, archiveName);
    const shared = new Float32Array(new SharedArrayBuffer(state.values.byteLength));
    shared.set(state.values);
    states.push(shared);
  }
  return states;
}
