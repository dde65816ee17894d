/**
 * What a training tells of itself, in one file, training.json, beside the model that it makes: what was asked for, losses
 * and judgements so far, what was chosen, what it cost. Written at the beginning, with every checkpoint and at the end;
 * plume report draws it at any time. What no clock decides is in model.json too, under training.record, so that a model
 * that came without this file can still be drawn. Losses are in units of each channel's scale, CRPS of a single channel in
 * the channel's unit.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dataError, toPlumeError } from '../../core/errors.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';

export const accountName = 'training.json';
export const trainingPageName = 'training.html';
/** Memory that the drawing libraries and a page take. */
export const trainingPageBytes = 150e6;

const stageName = z.enum(['deterministic', 'epistemic', 'aleatoric']);
/** NaN and infinities are null in JSON. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const phase = z.object({ steps: z.number(), rollout: z.number(), batch: z.number() });
/** As in models/bayesian/training/stages.ts; settings that this version does not know are kept. */
const stage = z.looseObject({
  name: stageName,
  phases: z.array(phase),
  loss: z.string().optional(),
  learningRate: z.number(),
  warmUpSteps: z.number(),
  schedule: z.enum(['cosine', 'constant']).optional(),
  validation: z.looseObject({ everySteps: z.number(), patience: z.number() }).optional(),
});
const loss = z.object({ stage: stageName, step: z.number(), fit: number, kl: z.number().optional() });
const judgement = z.object({
  stage: stageName,
  step: z.number(),
  fit: number,
  crps: z.number().nullable(),
  spread_skill_ratio: z.number().nullable(),
  best: z.boolean(),
});
const trial = z.object({
  noise: z.number(),
  relaxation: z.number(),
  fair_crps: z.array(number),
  spread_skill_ratio: z.array(number),
});
/** A tensor of the posterior: σ root mean square deviation of its draws, rms that of its mean from zero. */
const width = z.object({
  tensor: z.string(),
  weights: z.number(),
  sigma: z.number(),
  rms: z.number(),
  kl_nats: z.number().optional(),
});

/** What model.json holds of a training; models of earlier versions lack what was not recorded then. */
const record = z.looseObject({
  /** Finished ones. */
  stages: z.array(stageName).optional(),
  posterior: z.string().optional(),
  backend: z.string().optional(),
  parameters: z.number().optional(),
  recipe: z.array(stage).optional(),
  /** [component][record] */
  losses: z.array(z.array(loss)).default([]),
  validations: z.array(z.array(judgement)).default([]),
  validation_fair_crps: z.array(number).optional(),
  validation_spread_skill_ratio: z.array(number).optional(),
  calibration_trials: z.array(trial).optional(),
  kl_nats: z.array(z.number()).optional(),
  /** [component][tensor] */
  widths: z.array(z.array(width)).optional(),
});

const stageCost = z.object({
  component: z.number(),
  stage: stageName,
  steps: z.number(),
  seconds: z.number(),
  gigaflop: z.number(),
});

const cost = z.object({
  /** Commands that it took so far, and their wall time; what a kill lost since the last checkpoint is not counted. */
  runs: z.number(),
  seconds: z.number(),
  calibration_seconds: z.number(),
  stages: z.array(stageCost),
  memory_foretold_bytes: z.number(),
  memory_peak_bytes: z.number(),
});

const account = z.object({
  format: z.literal('plume-training'),
  version: z.literal(1),
  plume: z.string(),
  state: z.enum(['under way', 'finished']),
  channels: z.array(z.object({ variable: z.string(), level: z.number().nullable(), unit: z.string() })),
  grid: z.string(),
  step_hours: z.number(),
  /** What it learns from, and the first and last time in it. */
  archive: z.object({ name: z.string(), from: z.string(), to: z.string() }).nullable(),
  network: z.looseObject({ kind: z.string() }),
  components: z.number(),
  backend: z.object({ asked: z.string(), backend: z.string(), why: z.string() }).nullable(),
  training: z.object({
    train: z.string(),
    validate: z.string(),
    seed: z.number(),
    preset: z.string(),
    record,
  }),
  /** Null before they are found. */
  chosen: z.object({ noise: z.number(), relaxation: z.number() }).nullable(),
  cost: cost.nullable(),
});

export type TrainingAccount = Readonly<z.output<typeof account>>;
export type TrainingRecord = TrainingAccount['training']['record'];
export type TrainingCost = NonNullable<TrainingAccount['cost']>;
export type LossPoint = z.output<typeof loss>;
export type JudgementPoint = z.output<typeof judgement>;
export type RecordedStage = z.output<typeof stage>;

/** @throws {PlumeError} resources, when the file cannot be written */
export async function writeAccount(directory: string, written: TrainingAccount): Promise<void> {
  await writeAtomically(join(directory, accountName), `${JSON.stringify(written)}\n`);
}

/** True of a directory in which a training has begun or ended. */
export function isTrainingDirectory(directory: string): boolean {
  return existsSync(join(directory, accountName)) || existsSync(join(directory, 'model.json'));
}

/**
 * The account of a training, under way or finished; of a model that came without one, what model.json says.
 * @throws {PlumeError} data, when neither file is there, or one is damaged
 */
export async function readAccount(directory: string): Promise<TrainingAccount> {
  const path = join(directory, accountName);
  if (!existsSync(path)) return accountOfModel(directory);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `training "${path}"`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw dataError(
      `"${path}" is not JSON: ${(error as Error).message}; remove it, and the page is drawn from model.json`,
      { cause: error },
    );
  }
  const parsed = account.safeParse(json);
  if (parsed.success) return parsed.data;
  throw dataError(
    `"${path}" is no account of a training: ${z.prettifyError(parsed.error)}; remove it, and the page is drawn from model.json`,
  );
}

async function accountOfModel(directory: string): Promise<TrainingAccount> {
  const { description } = await readModel(directory);
  const { training, noise, relaxation, posterior, network, schema, step_hours } = description;
  const told = record.safeParse(training.record ?? {});
  if (!told.success) {
    throw dataError(
      `"${join(directory, 'model.json')}": training.record is not one of plume train: ${z.prettifyError(told.error)}; ` +
        'train again, or restore the file',
    );
  }
  return {
    format: 'plume-training',
    version: 1,
    plume: '',
    state: 'finished',
    channels: schema.channels,
    grid: `${schema.latitudes.length} × ${schema.longitudes.length} points`,
    step_hours,
    archive: null,
    network: { ...network },
    components: posterior.components,
    backend: null,
    training: { ...training, record: told.data },
    chosen: { noise: noise.scale, relaxation },
    cost: null,
  };
}
