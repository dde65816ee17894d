/**
 * What members start from, and how they go on: as plume forecast makes them, but in this process and with the states at
 * the start, which runs do not keep.
 */
import { findTime } from '../../../core/archive/finite.js';
import { openArchive } from '../../../core/archive/open.js';
import { channelName, type Schema } from '../../../core/schema.js';
import { createAnalyses, readStatePool } from '../../../ensembles/analyses.js';
import { keyOf } from '../../../ensembles/blockRows.js';
import { parseDesign } from '../../../ensembles/design.js';
import { createForecastRows } from '../../../ensembles/forecastRows.js';
import { contextOf, perturbationNeeds } from '../../../ensembles/perturbationPlan.js';
import { trajectory } from '../../../ensembles/trajectory.js';
import { describeModel, openModel } from '../../../models/open.js';
import { parseModelSource } from '../../../models/source.js';
import { createInitialPerturbations, createStepPerturbations } from '../../../perturbations/create.js';
import { createAnalysisError } from '../../../perturbations/initial/stateDifference.js';
import { createLimits } from '../../../perturbations/limits.js';
import { parsePerturbations } from '../../../perturbations/parse.js';
import { perturbationPlan } from '../../../src/forecastPerturbations.js';
import type { Arm } from './arms.js';
import type { StudiedModel, Study } from './study.js';

/** One arm's members, physical units. */
export interface PerturbedForecasts {
  readonly schema: Schema;
  /** Of the first weight sample: states at the start, [noise stream, channel, lat, lon]. */
  startStates(start: number, streams: number): Promise<Float32Array>;
  /** States at the start and after whole numbers of days, each [channel, lat, lon]. */
  member(start: number, index: number, days: readonly number[]): Promise<Float32Array[]>;
  /** Of the archive, [channel, lat, lon]. */
  truth(time: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @param firstStart of those that will be asked for */
export async function openForecasts(
  study: Study,
  studied: StudiedModel,
  arm: Pick<Arm, 'uncertainty' | 'members'>,
  perturb: readonly string[],
  firstStart: number,
): Promise<PerturbedForecasts> {
  const uncertainty = studied.name === 'network' ? arm.uncertainty : undefined;
  const source = parseModelSource(studied.model, { uncertainty });
  const described = await describeModel(source);
  const { schema, stepHours, historyLength } = described;
  const archive = await openArchive([study.atmosphere], { variables: schema.channels.map(channelName) });
  const archiveName = study.atmosphere;
  const plan = await perturbationPlan(
    { analysisError: study.analysisError, initialStates: study.climate },
    await parsePerturbations(perturb),
    described,
    { times: archive.times, name: archiveName, firstStart },
  );
  const { stepsBack } = perturbationNeeds(plan, { schema, stepHours });
  const from = { archive, archiveName, historyLength, stepHours };
  const pool = await readStatePool(from, plan.dates, new AbortController().signal);
  const context = contextOf(plan, { schema, stepHours }, pool);
  const limits = createLimits(schema, context.spread);
  const error = createAnalysisError(schema.grid, { pool, rotate: plan.rotate }, study.analysisError);
  const analyses = createAnalyses(from, { seed: study.seed, stepsBack, error, limits });
  const initial = createInitialPerturbations(plan.initial, context);
  const steps = createStepPerturbations(plan.steps, context);
  const model = await openModel(source, { device: 'cpu', threads: 1 });
  const { noiseStreams } = parseDesign(arm.members);
  const batchMembers = 16;

  const startStates = async (start: number, weightSample: number, first: number, count: number) => {
    const block = { firstWeightSample: weightSample, weightSamples: 1, streams: { first, count } };
    const rows = { seed: study.seed, start, block, noiseStreams: Math.max(noiseStreams, first + count) };
    const keys = Array.from({ length: count }, (_, row) => keyOf(rows, row));
    const own = await analyses.of(start);
    const states = own.slice(0, historyLength).map((analysis) => {
      const all = new Float32Array(count * analysis.length);
      for (let row = 0; row < count; row++) all.set(analysis, row * analysis.length);
      return all;
    });
    const forecast = createForecastRows(model, { block, batchMembers });
    for (const perturbation of initial) {
      await perturbation.add({ keys, states, analyses: own, forecast });
      for (const [age, perturbed] of states.entries()) limits?.apply(perturbed, own[age]!);
    }
    return states[0]!;
  };

  return {
    schema,
    startStates: (start, streams) => startStates(start, 0, 0, streams),
    async member(start, index, days) {
      const [weightSample, stream] = [Math.floor(index / noiseStreams), index % noiseStreams];
      const block = {
        firstWeightSample: weightSample,
        weightSamples: 1,
        streams: { first: stream, count: 1 },
      };
      const request = {
        ...{ seed: study.seed, start, block, noiseStreams, batchMembers, initial, limits },
        analyses: await analyses.of(start),
        steps: (24 * Math.max(...days)) / stepHours,
      };
      const found = [await startStates(start, weightSample, stream, 1)];
      let step = 0;
      for await (const states of trajectory(model, steps, request)) {
        step++;
        if (days.some((day) => 24 * day === step * stepHours)) found.push(states.slice());
      }
      return found;
    },
    truth: async (time) => (await archive.read(findTime(archive, time, archiveName))).values,
    async close() {
      await model.close();
      await archive.close();
    },
  };
}
