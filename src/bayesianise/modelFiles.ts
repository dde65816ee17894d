/**
 * The directory of an imported model as a fit fills it: the model written anew and checked against the original, model.json
 * with what was found, last.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gridSize } from '../../core/grid.js';
import { formatPeriod } from '../../core/period.js';
import { schemaFromJson, schemaToJson } from '../../core/schema.js';
import type { Binding } from '../../models/imported/binding.js';
import type { fitVariational } from '../../models/imported/fitVariational.js';
import {
  type ImportedDescription,
  type ImportedParts,
  writeDescription,
  writeSigma,
} from '../../models/imported/importedDirectory.js';
import { centreFile, weightsFile, writeSurgery } from '../../models/imported/surgery.js';
import { Units } from '../../models/imported/units.js';
import { formatBytes } from '../progress.js';
import { type FitRecord, readFitRecord, writeFitRecord } from './fitRecord.js';
import type { BayesianiseRequest, Prepared } from './prepare.js';
import { requireSameOutputs } from './sameOutputs.js';
/** The model as three files in the directory, from an earlier attempt where it got so far; and what a step takes. */
export async function writtenAnew(
  request: BayesianiseRequest,
  prepared: Prepared,
  recordPath: string,
): Promise<{ readonly record: FitRecord; readonly parts: ImportedParts }> {
  const { directory, report, path, source } = request;
  const { file, layers, binding, identity, normalisation } = prepared;
  const there = await readFitRecord(recordPath, identity);
  const weightsPath = join(directory, weightsFile);
  if (there !== null && existsSync(weightsPath) && statSync(weightsPath).size === there.weights.bytes) {
    if (there.trials.length > 0) report.line(`resumed    after ${there.trials.length} trials`);
    return { record: there, parts: partsOf(request, prepared, there) };
  }
  const surgery = await writeSurgery(file, new Set(layers.map(({ name }) => name)), directory);
  const first = await source.archive.read(prepared.starts[0] ?? 0);
  const units = new Units(normalisation, gridSize(source.archive.schema.grid));
  const options = { device: request.device.device, sharedWeights: true };
  const before = process.memoryUsage.rss();
  await requireSameOutputs(path, join(directory, centreFile), binding.inputs, units, first.values, options);
  const record: FitRecord = {
    identity,
    weights: surgery.weights,
    stored: [...surgery.stored],
    stepMemoryBytes: coarsely(process.memoryUsage.rss() - before - surgery.weights.bytes),
    trials: [],
  };
  await writeFitRecord(recordPath, record);
  report.line(
    `model      ${formatBytes(surgery.weights.bytes)} of weights; at zero scale the outputs are the same bits as before`,
  );
  return { record, parts: partsOf(request, prepared, record) };
}

const leastStepBytes = 16 * 2 ** 20;

/** A power of two not below the measured bytes: what is stored must not differ from one run to the next. */
function coarsely(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(leastStepBytes, bytes)));
}

/** model.json as it would be with the scales to begin with. */
function partsOf(request: BayesianiseRequest, prepared: Prepared, record: FitRecord): ImportedParts {
  const { source, periods, path, directory, seed } = request;
  const { file, layers, binding, normalisation, stepHours } = prepared;
  const stored = new Map(record.stored);
  const schema = schemaToJson(source.archive.schema);
  const bound = (tensors: Binding['inputs']) =>
    tensors.map(({ name, shape, channels }) => ({
      name,
      shape: [...shape],
      channels: [...channels],
    })) as ImportedDescription['inputs'];
  const description: ImportedDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'imported',
    source: { file: basename(path), producer: file.producer, bytes: statSync(path).size },
    schema: {
      channels: [...schema.channels],
      latitudes: [...schema.latitudes],
      longitudes: [...schema.longitudes],
    },
    step_hours: stepHours,
    inputs: bound(binding.inputs),
    outputs: bound(binding.outputs),
    output: request.output,
    normalisation:
      normalisation === null
        ? null
        : { mean: [...normalisation.mean], deviation: [...normalisation.deviation] },
    posterior: {
      kind: 'scales',
      seed,
      scale: 1,
      layers: layers.map(({ name, shape, rms }) => ({
        ...{ name, shape: [...shape], rms, scale: request.scale },
        offset: stored.get(name)?.offset ?? 0,
      })) as ImportedDescription['posterior']['layers'],
    },
    fit: { train: formatPeriod(periods.train), validate: formatPeriod(periods.validate), record: null },
    step_memory_bytes: Math.round(record.stepMemoryBytes),
    weights: { file: weightsFile, ...record.weights },
    sigma: null,
  };
  return { directory, description, digest: '', schema: schemaFromJson(description.schema) };
}

export async function finish(
  request: BayesianiseRequest,
  prepared: Prepared,
  { description }: ImportedParts,
  found: {
    readonly variational: Awaited<ReturnType<typeof fitVariational>> | null;
    readonly scale: number;
    readonly scales: readonly number[];
    readonly record: ImportedDescription['fit']['record'];
  },
): Promise<void> {
  const { posterior, fit } = description;
  const sigma =
    found.variational === null ? null : await writeSigma(request.directory, found.variational.sigma);
  await writeDescription(request.directory, {
    ...description,
    sigma,
    posterior: {
      ...posterior,
      kind: prepared.fit === 'variational' ? 'mean-field' : 'scales',
      scale: found.scale,
      layers: posterior.layers.map((layer, i) => ({
        ...layer,
        scale: found.scales[i] ?? layer.scale,
      })) as typeof posterior.layers,
    },
    fit: { ...fit, record: found.record },
  });
}
