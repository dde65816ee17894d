/**
 * The whole way from an ONNX file to a model directory: layers and channels found, the model written anew, widths fitted by
 * variational inference or scales by search, and the result judged on the validation period.
 * Everything that can be wrong with model, archive or options is found before the first byte is written.
 */
import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { interruptedError, resourceError, usageError } from '../../core/errors.js';
import { availableDiskBytes, cleanTemporaries, makeDirectory } from '../../core/store/atomic.js';
import { lockDirectory } from '../../core/store/lock.js';
import { fitVariational } from '../../models/imported/fitVariational.js';
import { readLayers } from '../../models/imported/importedDirectory.js';
import { ImportedModel } from '../../models/imported/importedModel.js';
import { ImportedPosterior, type RandomLayer } from '../../models/imported/importedPosterior.js';
import { movedBytes } from '../../models/imported/surgery.js';
import { checkpointFiles } from '../../models/imported/variationalCheckpoint.js';
import { formatBytes, formatSeconds, type Reporter } from '../progress.js';
import { writeFitRecord } from './fitRecord.js';
import { finish, writtenAnew } from './modelFiles.js';
import {
  type BayesianiseRequest,
  type Prepared,
  prepare,
  priorScale,
  variationalRequest,
} from './prepare.js';
import { keyOf, searchScales } from './scaleSearch.js';
import { meanLogCrps, type PosteriorScore, scorePosterior } from './scorePosterior.js';

/** Of the one factor that a variational fit is left to find. */
const factorTrials = 12;

export interface BayesianiseSummary {
  readonly directory: string;
  readonly fit: 'variational' | 'scales';
  readonly why: string;
  readonly layers: readonly { readonly name: string; readonly scale: number }[];
  /** On the validation period, by lead, in units of what persistence errs in one step. */
  readonly centreCrps: readonly number[];
  readonly fairCrps: readonly number[];
  readonly spreadSkillRatio: readonly number[];
  readonly trials: number;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
}

/**
 * @throws {PlumeError} usage, where model, layers, channels and archive do not fit together, or an operator has no gradient
 *   rule and --fit variational asked for one; data, for a damaged model or gaps; resources; interrupted, with all kept
 */
export async function bayesianise(request: BayesianiseRequest): Promise<BayesianiseSummary> {
  const began = performance.now();
  const { directory, report } = request;
  if (existsSync(join(directory, 'model.json'))) {
    throw usageError(
      `"${directory}" holds a model already; remove it to begin anew, or choose another --out`,
    );
  }
  const prepared = await prepare(request);
  await requireDisk(directory, movedBytes(prepared.file));
  await makeDirectory(directory);
  const lock = await lockDirectory(directory);
  try {
    await cleanTemporaries(directory);
    const summary = await fitInside(request, prepared);
    report.line(`made       in ${formatSeconds((performance.now() - began) / 1000)}`);
    return {
      ...summary,
      seconds: (performance.now() - began) / 1000,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    await lock.release();
    // refuses where anything is in it
    await rmdir(directory).catch(() => undefined);
  }
}

async function fitInside(
  request: BayesianiseRequest,
  prepared: Prepared,
): Promise<Omit<BayesianiseSummary, 'seconds' | 'peakMemoryBytes'>> {
  const { directory, report, source } = request;
  const { fit, why, statistics, layers } = prepared;
  const recordPath = join(directory, 'fit.json');
  const { record, parts } = await writtenAnew(request, prepared, recordPath);
  const trials = new Map(record.trials);
  const centres = await readLayers(parts);
  const variational =
    fit === 'variational'
      ? await fitVariational(variationalRequest(request, prepared, prepared.identity))
      : null;
  const layersAt = (scales: readonly number[]): RandomLayer[] =>
    centres.map((layer, i) => ({
      ...layer,
      sigma: variational?.sigma.get(layer.name)?.values ?? (scales[i] ?? 0) * (layers[i]?.rms ?? 0),
    }));
  const posteriorAt = (scales: readonly number[]): ImportedPosterior =>
    variational === null
      ? new ImportedPosterior(layersAt(scales))
      : new ImportedPosterior(layersAt([]), scales[0]);

  const model = new ImportedModel(parts, {
    device: request.device.device,
    threads: availableParallelism(),
    // one copy at a time, in the order of the file, through all trials
    sharedWeights: true,
  });
  const most = fit === 'variational' ? Math.min(factorTrials, request.trials) : request.trials;
  const progress = report.begin(fit === 'variational' ? 'one factor' : 'scales', most + 1, 'trials');
  let done = 0;
  const score = async (key: string, posterior: ImportedPosterior): Promise<PosteriorScore> => {
    const before = trials.get(key);
    const found =
      before ??
      (await scorePosterior(
        {
          ...{ model, archive: source.archive, archiveName: source.name, errorScale: statistics.errorScale },
          ...{ starts: prepared.starts, stride: prepared.stride, steps: prepared.steps, seed: request.seed },
          weightSamples: posterior.isPoint ? 2 : request.members,
        },
        posterior,
      ));
    trials.set(key, found);
    if (before === undefined) await writeFitRecord(recordPath, { ...record, trials: [...trials] });
    done++;
    if (before !== undefined) progress.from(done);
    progress.update(done, `CRPS ${found.fairCrps.map((crps) => crps.toFixed(4)).join(' ')}`);
    if (request.signal.aborted)
      throw interruptedError('stopped; run the same command again to go on from here');
    return found;
  };
  try {
    const centre = await score('centre', posteriorAt(layers.map(() => 0)).scaled(0));
    const start = fit === 'variational' ? [1] : layers.map(() => request.scale);
    const found = await searchScales(
      start,
      async (scales) => meanLogCrps(await score(keyOf(scales), posteriorAt(scales))),
      { trials: most, each: fit === 'scales' },
    );
    const best = trials.get(keyOf(found.scales)) ?? centre;
    progress.finish();
    tellScores(report, prepared, centre, best);
    const chosen = found.scales;
    const finalLayers = layersAt(chosen).map(({ name, sigma }, i) => ({
      name,
      scale: rounded((typeof sigma === 'number' ? sigma : rootMeanSquare(sigma)) / (layers[i]?.rms ?? 1)),
    }));
    await finish(request, prepared, parts, {
      variational,
      scale: fit === 'variational' ? (chosen[0] ?? 1) : 1,
      scales: finalLayers.map(({ scale }) => scale),
      record: {
        kind: fit,
        why,
        trials: found.trials,
        validation: {
          centre_crps: centre.fairCrps.map(rounded),
          fair_crps: best.fairCrps.map(rounded),
          spread_skill_ratio: best.spreadSkillRatio.map(rounded),
        },
        ...(variational === null
          ? {}
          : {
              beta: request.beta,
              prior_scale: priorScale,
              kl_nats: rounded(variational.divergence),
              losses: [...variational.losses],
            }),
      },
    });
    for (const path of [recordPath, ...checkpointFiles(join(directory, 'fit.arrow'))])
      await rm(path, { force: true });
    return {
      ...{ directory, fit, why, layers: finalLayers, trials: found.trials },
      centreCrps: centre.fairCrps,
      fairCrps: best.fairCrps,
      spreadSkillRatio: best.spreadSkillRatio,
    };
  } finally {
    await model.close();
  }
}

function tellScores(
  report: Reporter,
  { stepHours }: Prepared,
  centre: PosteriorScore,
  best: PosteriorScore,
): void {
  const lead = best.fairCrps.length - 1;
  const at = (i: number): string =>
    `${(i + 1) * stepHours} h: CRPS ${best.fairCrps[i]?.toFixed(4)} (of the model alone ${centre.fairCrps[i]?.toFixed(4)}), ` +
    `spread–skill ratio ${best.spreadSkillRatio[i]?.toFixed(2)}`;
  report.line(`validation ${at(0)}${lead > 0 ? `; ${at(lead)}` : ''}`);
}

async function requireDisk(directory: string, needed: number): Promise<void> {
  const available = await availableDiskBytes(directory);
  if (needed <= available) return;
  throw resourceError(
    `the model takes ${formatBytes(needed)}, ${formatBytes(available)} are free on the disk of "${directory}"; free some ` +
      'space or use another --out',
  );
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
