/**
 * An imported model on disk: model.json says what it steps and how its tensors hold a state, and the scales of its
 * posterior; centre.onnx, sampled.onnx and weights.data are the model (surgery.ts); sigma.arrow has σ of every weight
 * where they were learned. Written weights first, model.json last; checked by checksum.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dataError, toPlumeError } from '../../core/errors.js';
import { type Schema, schemaFromJson } from '../../core/schema.js';
import { sha256, writeAtomically } from '../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensors } from '../../core/store/tensorFile.js';
import { elements } from '../graph/graph.js';
import { ImportedPosterior, type RandomLayer } from './importedPosterior.js';
import { centreFile, sampledFile, weightsFile } from './surgery.js';
import { FileReader } from './wire.js';

const whole = z.number().int().nonnegative();
const positive = z.number().positive();
const sizes = z.array(z.number().int().positive());
const boundTensor = z.strictObject({ name: z.string(), shape: sizes, channels: z.array(whole) });
const checked = z.strictObject({ file: z.string(), bytes: whole, sha256: z.string() });

const description = z.strictObject({
  format: z.literal('plume-model'),
  version: z.literal(1),
  kind: z.literal('imported'),
  /** The file that was imported, without its directory, and the tool that wrote it. */
  source: z.strictObject({ file: z.string(), producer: z.string(), bytes: whole }),
  schema: z.strictObject({
    channels: z.array(
      z.strictObject({ variable: z.string(), level: z.number().nullable(), unit: z.string() }),
    ),
    latitudes: z.array(z.number()),
    longitudes: z.array(z.number()),
  }),
  step_hours: positive,
  inputs: z.array(boundTensor).nonempty(),
  outputs: z.array(boundTensor).nonempty(),
  /** What the outputs are: the next state, or what is to be added to this one. */
  output: z.enum(['state', 'increment']),
  /** [channel] each; null: the model takes physical units. */
  normalisation: z.strictObject({ mean: z.array(z.number()), deviation: z.array(positive) }).nullable(),
  posterior: z.strictObject({
    kind: z.enum(['scales', 'mean-field']),
    /** Of the weight draws: part of the model, so that a weight sample is the same in every run. */
    seed: whole,
    /** Multiplies every σ. */
    scale: z.number().nonnegative(),
    layers: z
      .array(
        z.strictObject({
          name: z.string(),
          shape: sizes,
          /** Root mean square of the centre. */
          rms: positive,
          /** σ / rms: of every weight, or its root mean square where each has its own. */
          scale: z.number().nonnegative(),
          /** Where the centre begins in weights.data, bytes. */
          offset: whole,
        }),
      )
      .nonempty(),
  }),
  /** How the posterior was found. */
  fit: z.strictObject({ train: z.string(), validate: z.string(), record: z.json() }),
  /** Working memory of one step beside the weights, measured, bytes. */
  step_memory_bytes: whole,
  weights: checked,
  sigma: checked.nullable(),
});

export type ImportedDescription = Readonly<z.infer<typeof description>>;

export interface ImportedParts {
  readonly directory: string;
  readonly description: ImportedDescription;
  /** SHA-256 of model.json, which names the checksums of the other files. */
  readonly digest: string;
  readonly schema: Schema;
}

/** Writes σ of every weight; what model.json is to say of the file. */
export async function writeSigma(directory: string, sigma: Tensors): Promise<ImportedDescription['sigma']> {
  const bytes = encodeTensors(sigma);
  await writeAtomically(join(directory, 'sigma.arrow'), bytes);
  return { file: 'sigma.arrow', bytes: bytes.length, sha256: sha256(bytes) };
}

export async function writeDescription(directory: string, parts: ImportedDescription): Promise<void> {
  await writeAtomically(
    join(directory, 'model.json'),
    `${JSON.stringify(description.parse(parts), null, 1)}\n`,
  );
}

/**
 * Reads model.json.
 * @throws {PlumeError} data, when there is none, or it describes no imported model, or files are missing or damaged
 */
export async function readImported(directory: string): Promise<ImportedParts> {
  const path = join(directory, 'model.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `model "${directory}"`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw dataError(`"${path}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = description.safeParse(json);
  if (!parsed.success)
    throw dataError(`"${path}" does not describe a model: ${z.prettifyError(parsed.error)}`);
  return {
    directory,
    description: parsed.data,
    digest: sha256(text),
    schema: schemaFromJson(parsed.data.schema),
  };
}

/** Compares the numbers with their checksums, reading them once in pieces. @throws {PlumeError} data */
export async function requireIntact({ directory, description: json }: ImportedParts): Promise<void> {
  for (const part of [json.weights, ...(json.sigma === null ? [] : [json.sigma])]) {
    const path = join(directory, part.file);
    const hash = createHash('sha256');
    try {
      for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 }))
        hash.update(piece as Uint8Array);
    } catch (error) {
      throw toPlumeError(error, `weights "${path}"`);
    }
    const found = hash.digest('hex');
    if (found === part.sha256) continue;
    throw dataError(
      `weights "${path}" are corrupted: their SHA-256 is ${found}, model.json expects ${part.sha256}; restore the file ` +
        'or run plume bayesianise again',
    );
  }
}

/** The posterior over the chosen layers, whose centres alone are read. */
export async function readPosterior(parts: ImportedParts): Promise<ImportedPosterior> {
  return new ImportedPosterior(await readLayers(parts), parts.description.posterior.scale);
}

/** Chosen layers with their centres and σ. @throws {PlumeError} data, when a file is missing or too short */
export async function readLayers({ directory, description: json }: ImportedParts): Promise<RandomLayer[]> {
  const sigma = json.sigma === null ? null : await readSigma(join(directory, json.sigma.file));
  const reader = new FileReader(join(directory, weightsFile));
  try {
    return json.posterior.layers.map(({ name, shape, rms, scale, offset }) => {
      const values = new Float32Array(elements(shape));
      reader.into(offset, new Uint8Array(values.buffer));
      return { name, centre: { shape, values }, sigma: sigma?.get(name)?.values ?? scale * rms };
    });
  } finally {
    reader.close();
  }
}

async function readSigma(path: string): Promise<Tensors> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toPlumeError(error, `weights "${path}"`);
  });
  return decodeTensors(bytes, path).tensors;
}

export function centrePath({ directory }: ImportedParts): string {
  return join(directory, centreFile);
}

export function sampledPath({ directory }: ImportedParts): string {
  return join(directory, sampledFile);
}
