/**
 * Runs an ensemble into a run directory: what is missing is planned, estimated, made by the pool and recorded.
 * A few units are in flight at a time, so memory does not grow with starts; each holds one lead of its members,
 * so it does not grow with leads. Stopped at any moment, the same call goes on to the same bytes.
 */

import { availableMemoryBytes } from '../core/availableMemory.js';
import { interruptedError } from '../core/errors.js';
import { gridSize } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { availableDiskBytes } from '../core/store/atomic.js';
import { productFileName } from '../core/store/productFile.js';
import {
  type BlockSize,
  chunkMembers,
  type Manifest,
  memberChunks,
  openOrCreateRun,
  type RunDescription,
  type RunWriter,
  requireRunnable,
} from '../core/store/run.js';
import type { ResolvedDevice } from '../models/onnx/devices.js';
import type { ModelSource } from '../models/open.js';
import { addCounts, heldNotes, startCounts } from '../perturbations/heldBack.js';
import { createAnalysisError } from '../perturbations/initial/stateDifference.js';
import { createLimits, type Limits } from '../perturbations/limits.js';
import type { PerturbationContext } from '../perturbations/source.js';
import {
  type Analyses,
  type AnalysisSource,
  createAnalyses,
  readStatePool,
  requireHistory,
} from './analyses.js';
import { addCost, type Cost } from './cost.js';
import { blockMembers, type MemberBlock } from './design.js';
import { estimateRun, type RunEstimate, requireFits } from './estimate.js';
import {
  contextOf,
  type PerturbationNeeds,
  type PerturbationPlan,
  perturbationNeeds,
} from './perturbationPlan.js';
import { createPool, type EnsemblePool } from './pool.js';

export interface EnsembleRequest {
  readonly directory: string;
  /** Its schema and leads are those that are kept. */
  readonly description: RunDescription;
  /** Of the model's channels. */
  readonly archive: Archive;
  /** Named in messages. */
  readonly archiveName: string;
  readonly model: ModelSource;
  readonly perturbations: PerturbationPlan;
  readonly historyLength: number;
  readonly device: ResolvedDevice;
  readonly workers: number;
  readonly batchMembers: number;
  /** Size of one unit of work. */
  readonly block: BlockSize;
  /** Bytes of the model in one worker. */
  readonly modelBytes: number;
  /** Of that, the working memory of one row of a batch. */
  readonly modelRowBytes: number;
  readonly signal: AbortSignal;
  /** Told once of each thing that perturbations would have known. */
  onNote?(text: string): void;
  onEstimate(estimate: RunEstimate, memberSteps: number): void;
  onProgress(doneMemberSteps: number, totalMemberSteps: number): void;
  /**
   * Called once for each start that has all its members: at once for those of earlier calls, for the others as soon as
   * their files are recorded. Several starts may be on their way; the run ends when all calls have.
   * @param manifest as it stands now, ahead of the one on disk
   */
  onStart?(start: number, manifest: Manifest): Promise<void>;
}

export interface EnsembleSummary {
  readonly estimate: RunEstimate;
  readonly madeMembers: number;
  readonly keptMembers: number;
  readonly seconds: number;
  /** Of this call and those before it; null where nothing is recorded. */
  readonly cost: Cost | null;
  /** What only the members made show: perturbations that limits held back often. */
  readonly notes: readonly string[];
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
  const { description } = request;
  const source: AnalysisSource = { ...request, stepHours: description.stepHours };
  const starts = Array.from(description.starts).sort((a, b) => a - b);
  // what is planned is checked and every time is looked up before anything is written, and a new run is not begun if its
  // first analysis has gaps
  const needs = perturbationNeeds(request.perturbations, modelOf(request));
  const { stepsBack, notes } = needs;
  for (const note of notes) request.onNote?.(note);
  for (const time of request.perturbations.dates) requireHistory(source, time);
  const whole = { ...source, historyLength: source.historyLength + stepsBack };
  for (const time of starts) requireHistory(whole, time);
  const found = await requireRunnable(request.directory, description);
  const heldBytes = bytesHeld(found, starts);
  const foretold = (timed: number | null, memberSteps?: number): RunEstimate =>
    estimateOf(request, needs, heldBytes, timed, memberSteps);
  requireFits(foretold(null), {
    memoryBytes: availableMemoryBytes(),
    diskBytes: await availableDiskBytes(request.directory),
  });

  const early = found === null ? await beginAnalyses(request, source, stepsBack, starts) : null;
  const run = await openOrCreateRun(request.directory, description);
  try {
    const units: Unit[] = starts.flatMap((start) =>
      run.missing(start, description, request.block).map((block) => ({ start, block })),
    );
    const { context, analyses, limits } =
      early ??
      (await beginAnalyses(
        request,
        source,
        stepsBack,
        units.map(({ start }) => start),
      ));
    const pool = createPool(
      {
        directory: request.directory,
        model: request.model,
        device: request.device,
        initial: request.perturbations.initial,
        steps: request.perturbations.steps,
        context,
        seed: description.seed,
        schema: description.schema,
        leadsHours: description.leadsHours,
        noiseStreams: description.noiseStreams,
        batchMembers: request.batchMembers,
      },
      request.workers,
    );
    try {
      return await makeMissing({ request, run, pool, analyses, limits, starts, units, foretold });
    } finally {
      await pool.close();
    }
  } finally {
    await run.close();
  }
}

/** What workers need of the model that they open themselves. */
function modelOf({
  archive,
  description,
}: EnsembleRequest): Pick<PerturbationContext, 'schema' | 'stepHours'> {
  return { schema: archive.schema, stepHours: description.stepHours };
}

interface Begun {
  readonly context: Omit<PerturbationContext, 'schema'>;
  readonly analyses: Analyses;
  readonly limits: Limits | null;
}

/** Reads the states that perturbations are made from, and the first analysis; nothing where there are no starts. */
async function beginAnalyses(
  request: EnsembleRequest,
  source: AnalysisSource,
  stepsBack: number,
  starts: readonly number[],
): Promise<Begun> {
  const { perturbations, description, signal } = request;
  const { dates, analysisError, rotate } = perturbations;
  const wanted = starts.length > 0 && dates.length > 0;
  const pool = wanted ? await readStatePool(source, dates, signal) : null;
  const { schema, ...context } = contextOf(perturbations, modelOf(request), pool);
  const limits = createLimits(schema, context.spread);
  const analyses = createAnalyses(source, {
    seed: description.seed,
    stepsBack,
    error:
      pool === null || analysisError === 0
        ? null
        : createAnalysisError(schema.grid, { pool, rotate }, analysisError),
    limits,
  });
  if (starts[0] !== undefined) await analyses.of(starts[0]);
  return { context, analyses, limits };
}

interface Work {
  readonly request: EnsembleRequest;
  readonly run: RunWriter;
  readonly pool: EnsemblePool;
  readonly analyses: Analyses;
  readonly limits: Limits | null;
  readonly starts: readonly number[];
  readonly units: readonly Unit[];
  readonly foretold: (secondsPerMemberStep: number | null, memberSteps?: number) => RunEstimate;
}

async function makeMissing(work: Work): Promise<EnsembleSummary> {
  const { request, run, pool, analyses, limits, starts, units, foretold } = work;
  const { description, perturbations } = request;
  const membersOf = (unit: Unit): number => blockMembers(unit.block, description.noiseStreams);
  const steps = stepsOf(request);
  const total = units.reduce((sum, unit) => sum + membersOf(unit) * steps, 0);
  const first = units[0];
  const timed =
    first === undefined ? null : await pool.timeStep({ ...first, analyses: await analyses.of(first.start) });
  const estimate = foretold(timed, total);
  request.onEstimate(estimate, total);

  const began = performance.now();
  let done = 0;
  let coreSeconds = 0;
  const counts = startCounts(limits, perturbations.initial.length);
  request.onProgress(0, total);
  const left = new Map<number, number>(starts.map((start) => [start, 0]));
  for (const unit of units) left.set(unit.start, (left.get(unit.start) ?? 0) + 1);

  const finishStart = async (start: number): Promise<void> => {
    const { weight_samples: weightSamples, noise_streams: noiseStreams } = run.manifest;
    const chunks = memberChunks(run.manifest, start);
    const held = chunks.reduce((sum, [, chunk]) => sum + chunkMembers(chunk, noiseStreams), 0);
    if (held < weightSamples * noiseStreams) return;
    await request.onStart?.(start, run.manifest);
    if (run.has(productFileName(start))) return;
    const design = { weightSamples, noiseStreams };
    const made = await pool.makeProducts({ start, design, memberFiles: chunks.map(([file]) => file) });
    await run.record({ ...made, kind: 'products', start, firstWeightSample: 0, weightSamples });
  };
  const makeUnit = async (unit: Unit): Promise<void> => {
    const { held, ...made } = await pool.makeMembers({ ...unit, analyses: await analyses.of(unit.start) });
    await run.record({ ...made, kind: 'members' });
    addCounts(counts, held);
    done += membersOf(unit) * steps;
    coreSeconds += made.seconds;
    request.onProgress(done, total);
    const missing = (left.get(unit.start) ?? 1) - 1;
    left.set(unit.start, missing);
    if (missing > 0) return;
    analyses.release(unit.start);
    await finishStart(unit.start);
  };
  const complete = starts.filter((start) => left.get(start) === 0);
  const jobs = [
    ...complete.map((start) => () => finishStart(start)),
    ...units.map((unit) => () => makeUnit(unit)),
  ];
  let cost: Cost | null = null;
  try {
    await inParallel(jobs, request.workers + 1, request.signal);
  } finally {
    await run.flush();
    cost = await addCost(request.directory, {
      member_days: (done * description.stepHours) / 24,
      wall_seconds: (performance.now() - began) / 1000,
      core_seconds: coreSeconds,
      workers: request.workers,
      device: request.device,
    });
  }
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
    cost,
    notes: heldNotes(limits, counts, perturbations),
  };
}

/** Steps of the model to the last lead. */
function stepsOf({ description }: EnsembleRequest): number {
  return (description.leadsHours.at(-1) ?? 0) / description.stepHours;
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
function bytesHeld(manifest: Manifest | null, starts: readonly number[]): number {
  if (manifest === null) return 0;
  const wanted = new Set(starts);
  return Object.values(manifest.chunks)
    .filter(({ start }) => wanted.has(Date.parse(start)))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function estimateOf(
  request: EnsembleRequest,
  needs: PerturbationNeeds,
  heldBytes: number,
  secondsPerMemberStep: number | null,
  memberSteps?: number,
): RunEstimate {
  const { description, block, perturbations, historyLength } = request;
  const { weightSamples, noiseStreams } = description;
  const samples = Math.min(block.weightSamples, weightSamples);
  const streams = Math.min(block.noiseStreams, noiseStreams);
  const whole = estimateRun(
    {
      members: weightSamples * noiseStreams,
      blockMembers: samples * streams,
      batchMembers: request.batchMembers,
      channels: request.archive.schema.channels.length,
      storedChannels: description.schema.channels.length,
      points: gridSize(request.archive.schema.grid),
      historyLength,
      steps: stepsOf(request),
      storedLeads: description.leadsHours.length,
      poolStates: perturbations.dates.length * historyLength,
      stepsBack: needs.stepsBack,
      perturbations: needs.memory(samples, streams),
      starts: description.starts.length,
      workers: request.workers,
      modelBytes: request.modelBytes,
      modelRowBytes: request.modelRowBytes,
    },
    secondsPerMemberStep,
    memberSteps,
  );
  return { ...whole, diskBytes: Math.max(0, whole.diskBytes - heldBytes) };
}
