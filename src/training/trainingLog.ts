/**
 * Keeps the account of a training up to date while it goes on: training.json with every checkpoint, and its page with
 * every finished stage. The page is a convenience: where it cannot be written, the training says so and goes on.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { usageError } from '../../core/errors.js';
import { describeGrid } from '../../core/grid.js';
import { formatPeriod } from '../../core/period.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { formatTime } from '../../core/time.js';
import type { ModelParts } from '../../models/bayesian/modelDirectory.js';
import type { TrainingHistory } from '../../models/bayesian/training/checkpoint.js';
import { stageNames } from '../../models/bayesian/training/stages.js';
import { version } from '../version.js';
import { CostMeter } from './costMeter.js';
import { checkpointPath, finishedStages } from './modelOutput.js';
import { historyRecord, plainRecord } from './modelParts.js';
import type { PreparedTraining } from './prepareTraining.js';
import {
  readAccount,
  type TrainingAccount,
  type TrainingCost,
  type TrainingRecord,
  trainingPageName,
  writeAccount,
} from './trainingAccount.js';
import type { TrainRequest } from './trainRequest.js';

const secondsBetweenPages = 20;

export class TrainingLog {
  readonly meter: CostMeter;
  readonly #request: TrainRequest;
  readonly #prepared: PreparedTraining;
  readonly #histories: TrainingHistory[];
  #drawn = Number.NEGATIVE_INFINITY;

  private constructor(request: TrainRequest, prepared: PreparedTraining, before: TrainingCost | null) {
    this.#request = request;
    this.#prepared = prepared;
    this.#histories = prepared.starts.map(() => ({ losses: [], validations: [] }));
    this.meter = new CostMeter(before);
  }

  /**
   * The log of a training that begins, or of one that goes on: then what it cost before is counted in.
   * @throws {PlumeError} usage, when a checkpoint is there that was made with other settings
   */
  static async open(request: TrainRequest, prepared: PreparedTraining): Promise<TrainingLog> {
    const { directory, report } = request;
    const isUnderWay = existsSync(checkpointPath(directory, 0));
    let before: TrainingCost | null = null;
    if (isUnderWay || prepared.turn.present !== null) {
      const earlier = await readAccount(directory).catch((error: Error) => {
        report.line(`account    ${error.message}; what this training cost before is not counted`);
        return null;
      });
      if (isUnderWay && earlier !== null) requireSameSettings(earlier, request, prepared);
      before = earlier?.cost ?? null;
    }
    return new TrainingLog(request, prepared, before);
  }

  /** What a component has behind it, without writing: one that an earlier command finished comes with no checkpoint. */
  know(component: number, { losses, validations }: TrainingHistory): void {
    this.#histories[component] = { losses, validations };
  }

  /** What a component has behind it, at a checkpoint. @param stageEnded then the page is drawn anew */
  async checkpoint(component: number, history: TrainingHistory, stageEnded: boolean): Promise<void> {
    this.know(component, history);
    const account = this.#account('under way', this.#recordSoFar(), null);
    await writeAccount(this.#request.directory, account);
    // short stages end one after the other: their page is that of the last
    if (stageEnded && performance.now() - this.#drawn > 1000 * secondsBetweenPages) {
      await this.#page(account);
      // drawing is no part of the next stage
      this.meter.begin();
    }
  }

  /** Once the model is written. @returns path of the page; null where it could not be written */
  async finish({ settings }: ModelParts): Promise<string | null> {
    const { training, noise, relaxation } = settings;
    const chosen = { noise: noise.scale, relaxation };
    const account = this.#account('finished', training.record as TrainingRecord, chosen);
    await writeAccount(this.#request.directory, account);
    return this.#page(account);
  }

  #recordSoFar(): TrainingRecord {
    return {
      ...plainRecord(this.#request, this.#prepared),
      stages: stageNames.slice(0, this.#prepared.turn.first),
      ...historyRecord(this.#histories),
    } as TrainingRecord;
  }

  #account(
    state: TrainingAccount['state'],
    record: TrainingRecord,
    chosen: TrainingAccount['chosen'],
  ): TrainingAccount {
    const { source, periods, seed, preset, backend } = this.#request;
    const { archive, name } = source;
    const { config, starts, stepMilliseconds, expectedMemoryBytes } = this.#prepared;
    const [from = 0] = archive.times;
    const { asked, backend: used, why } = backend;
    return {
      format: 'plume-training',
      version: 1,
      plume: version,
      state,
      channels: archive.schema.channels.map(({ variable, level, unit }) => ({ variable, level, unit })),
      grid: describeGrid(archive.schema.grid),
      step_hours: stepMilliseconds / 3_600_000,
      archive: { name, from: formatTime(from), to: formatTime(archive.times.at(-1) ?? from) },
      network: { ...config },
      components: starts.length,
      backend: { asked, backend: used, why },
      training: {
        ...{ train: formatPeriod(periods.train), validate: formatPeriod(periods.validate), seed, preset },
        record,
      },
      chosen,
      cost: this.meter.cost(expectedMemoryBytes),
    };
  }

  async #page(account: TrainingAccount): Promise<string | null> {
    const { directory, report } = this.#request;
    const path = join(directory, trainingPageName);
    this.#drawn = performance.now();
    try {
      // 0.7 s and most of pageBytes, once
      const { trainingPage } = await import('../report/trainingPage.js');
      await writeAtomically(path, trainingPage(account, directory));
      return path;
    } catch (error) {
      report.line(
        `page       ${path} is not written: ${(error as Error).message}; plume report ${directory} draws it again`,
      );
      return null;
    }
  }
}

/** A checkpoint of other settings is refused by its digest alone: here it is said which they are. */
function requireSameSettings(
  { archive, backend, components, training, network }: TrainingAccount,
  { source, periods, preset, seed, posterior, backend: asked, directory }: TrainRequest,
  { starts, turn, config }: PreparedTraining,
): void {
  const key = Object.entries(config).find(
    ([name, value]) => JSON.stringify(network[name]) !== JSON.stringify(value),
  );
  const settings: [string, string | undefined, string][] = [
    // the place of a file may be written in several ways: what follows from it is left to the digest
    ['--archive', fileOf(archive?.name), fileOf(source.name)],
    ['--train', training.train, formatPeriod(periods.train)],
    ['--validate', training.validate, formatPeriod(periods.validate)],
    ['--preset', training.preset, preset],
    ...(key === undefined
      ? []
      : [networkSetting(key[0], JSON.stringify(network[key[0]]), JSON.stringify(key[1]))]),
    ['--components', String(components), String(starts.length)],
    ['--posterior', training.record.posterior, posterior],
    ['--seed', String(training.seed), String(seed)],
    ['--backend', backend?.backend, asked.backend],
  ];
  const differ = settings.filter(([, was, is]) => was !== undefined && was !== is);
  if (differ.length === 0) return;
  const found = differ.map(([flag, was, is]) => `${flag} ${was}, now ${is}`).join('; ');
  const anew =
    turn.present === null
      ? 'remove its checkpoints to train anew'
      : `remove its checkpoints to begin the ${stageNames[finishedStages(turn.present)]} stage from the model that is there`;
  throw usageError(
    `"${directory}" holds checkpoints of a training with ${found}; give what it was begun with to go on, choose ` +
      `another --out, or ${anew}`,
  );
}

/** A key of the network's configuration that differs. */
function networkSetting(key: string, was: string, is: string): [string, string, string] {
  return ['--network', `of ${key} ${was}`, is];
}

/** 'archive "/data/slp.nc"' → 'slp.nc' */
function fileOf(name = ''): string {
  return basename(name.replace(/^archive "(.*)"$/, '$1'));
}
