/**
 * A trained model on disk: model.json says what it is (channels, grid, network, posterior, noise, how it was
 * trained), weights.arrow holds its tensors. Written atomically, weights first; checked by checksum when read.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { dataError, toPlumeError } from '../../core/errors.js';
import { type Schema, type SchemaJson, schemaFromJson, schemaToJson } from '../../core/schema.js';
import { seasonTerms } from '../../core/season.js';
import { makeDirectory, sha256, writeAtomically } from '../../core/store/atomic.js';
import { decodeTensors, encodeTensors, type Tensor, type Tensors } from '../../core/store/tensorFile.js';
import { createNetwork, type NetworkConfig } from './networks/createNetwork.js';
import type { NetworkConstants } from './networks/network.js';
import { networkDescription } from './networks/networkDescription.js';
import { posteriorDescription } from './posteriors/description.js';
import { posteriorTensors } from './posteriors/openPosterior.js';
import { partOf } from './posteriors/parts.js';
import type { SeasonalCycle } from './seasonalCycle.js';

const positive = z.number().positive();
const whole = z.number().int().nonnegative();
const description = z.strictObject({
  format: z.literal('plume-model'),
  version: z.literal(1),
  kind: z.literal('bayesian'),
  schema: z.strictObject({
    channels: z.array(
      z.strictObject({ variable: z.string(), level: z.number().nullable(), unit: z.string() }),
    ),
    latitudes: z.array(z.number()),
    longitudes: z.array(z.number()),
  }),
  step_hours: positive,
  network: networkDescription,
  posterior: posteriorDescription,
  noise: z.strictObject({
    /** Fields that are added: correlation length, correlation time, share of the variance. */
    fields: z
      .array(z.strictObject({ length_km: positive, time_hours: z.number().nonnegative(), share: positive }))
      .nonempty(),
    /** Multiplies the amplitude, found on the validation period. */
    scale: z.number().nonnegative(),
  }),
  /** γ, share of the anomaly that is given up each step; found on the validation period. */
  relaxation: z.number().min(0).lt(1),
  training: z.strictObject({
    train: z.string(),
    validate: z.string(),
    seed: whole,
    preset: z.string(),
    record: z.json(),
  }),
  weights: z.strictObject({ file: z.literal('weights.arrow'), sha256: z.string() }),
});

export type ModelDescription = Readonly<z.infer<typeof description>>;

export interface TrainedModel {
  readonly description: ModelDescription;
  /** SHA-256 of model.json, which names the checksum of the weights. */
  readonly digest: string;
  readonly schema: Schema;
  readonly network: NetworkConfig;
  readonly constants: NetworkConstants;
  readonly cycle: SeasonalCycle;
  /** Tensors of the posterior, "<part>.<parameter>" of each component (posteriors/openPosterior.ts). */
  readonly components: readonly Tensors[];
}

/** What a training hands over to be stored. */
export interface ModelParts extends Omit<TrainedModel, 'description' | 'digest'> {
  readonly settings: Pick<ModelDescription, 'step_hours' | 'posterior' | 'noise' | 'relaxation' | 'training'>;
}

/** Widths of the posterior and patterns of the linear path: nothing depends on their fourth digit. */
function isHalf(name: string): boolean {
  return /^\d+\.(input_|output_)?rho\./.test(name) || name === 'propagator.eofs';
}

/** A network's constants as they come back from a model directory. */
export function storedConstants(constants: NetworkConstants): NetworkConstants {
  const tensors = new Map<string, Tensor>(
    Object.entries(constants).map(([name, values]) => [name, { shape: [values.length], values }]),
  );
  const stored = decodeTensors(encodeTensors(tensors, {}, isHalf), 'constants').tensors;
  return Object.fromEntries([...stored].map(([name, { values }]) => [name, values]));
}

/** @throws {PlumeError} resources, when the directory cannot be written */
export async function writeModel(directory: string, parts: ModelParts): Promise<ModelDescription> {
  await makeDirectory(directory);
  const tensors = new Map<string, Tensor>();
  const terms = seasonTerms(parts.cycle.harmonics);
  tensors.set('cycle.coefficients', {
    shape: [terms, parts.cycle.coefficients.length / terms],
    values: parts.cycle.coefficients,
  });
  tensors.set('cycle.scale', { shape: [parts.cycle.scale.length], values: parts.cycle.scale });
  const { widest } = parts.cycle;
  if (widest !== undefined) tensors.set('cycle.widest', { shape: [widest.length], values: widest });
  const { constantShapes } = createNetwork(parts.network, parts.schema, parts.constants);
  for (const [name, shape] of constantShapes) {
    tensors.set(name, { shape, values: parts.constants[name] ?? new Float32Array(0) });
  }
  for (const [p, component] of parts.components.entries()) {
    for (const [name, tensor] of component) tensors.set(`${p}.${name}`, tensor);
  }
  const bytes = encodeTensors(tensors, {}, isHalf);
  const json: ModelDescription = {
    format: 'plume-model',
    version: 1,
    kind: 'bayesian',
    schema: mutable(schemaToJson(parts.schema)),
    // in the order of the description, whether it comes from a recipe or from another model
    network: description.shape.network.parse(parts.network),
    ...parts.settings,
    weights: { file: 'weights.arrow', sha256: sha256(bytes) },
  };
  await writeAtomically(join(directory, 'weights.arrow'), bytes);
  await writeAtomically(join(directory, 'model.json'), `${JSON.stringify(json, null, 1)}\n`);
  return json;
}

/** @throws {PlumeError} data, when a file is missing, is no model, or its weights are not the ones it was stored with */
export async function readModel(directory: string): Promise<TrainedModel> {
  const path = join(directory, 'model.json');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
      throw toPlumeError(error, `model "${directory}"`);
    throw dataError(
      `model "${directory}": there is no model.json in it; train one with plume train --archive FILE --out ${directory}`,
      { cause: error },
    );
  });
  const parsed = description.safeParse(parseJson(text, path));
  if (!parsed.success) {
    throw dataError(`"${path}" does not describe a model: ${z.prettifyError(parsed.error)}`);
  }
  const json = parsed.data;
  const weightsPath = join(directory, json.weights.file);
  const bytes = await readFile(weightsPath).catch((error: unknown) => {
    throw toPlumeError(error, `weights "${weightsPath}"`);
  });
  if (sha256(bytes) !== json.weights.sha256) {
    throw dataError(
      `weights "${weightsPath}" are corrupted: their SHA-256 is ${sha256(bytes)}, model.json expects ` +
        `${json.weights.sha256}; restore the file or train again`,
    );
  }
  const { tensors } = decodeTensors(bytes, weightsPath);
  const schema = schemaFromJson(json.schema);
  const { constantNames, harmonics } = requireShapes(tensors, weightsPath, json, schema);
  const values = (name: string): Float32Array => tensors.get(name)?.values ?? new Float32Array(0);
  return {
    description: json,
    digest: sha256(text),
    schema,
    network: json.network,
    constants: Object.fromEntries(constantNames.map((name) => [name, values(name)])),
    cycle: {
      harmonics,
      coefficients: values('cycle.coefficients'),
      scale: values('cycle.scale'),
      ...(tensors.has('cycle.widest') ? { widest: values('cycle.widest') } : {}),
    },
    components: Array.from({ length: json.posterior.components }, (_, p) => partOf(tensors, String(p))),
  };
}

/**
 * Every tensor that the network of model.json needs is there, in its shape.
 * @returns what of the network is needed to take them apart
 * @throws {PlumeError} data, naming one
 */
function requireShapes(
  tensors: ReadonlyMap<string, Tensor>,
  path: string,
  { network: config, posterior }: ModelDescription,
  schema: Schema,
): { constantNames: string[]; harmonics: number } {
  const network = createNetwork(config, schema, {});
  const n = network.stateLength;
  const cycle = [seasonTerms(network.harmonics), n];
  const expected = new Map<string, readonly number[]>([
    ['cycle.coefficients', cycle],
    ['cycle.scale', [schema.channels.length]],
    // models made before it was recorded have none
    ...(tensors.has('cycle.widest') ? [['cycle.widest', [schema.channels.length]] as const] : []),
    ...network.constantShapes,
  ]);
  const { required, optional } = posteriorTensors(posterior, network);
  for (let p = 0; p < posterior.components; p++) {
    for (const [name, shape] of required) expected.set(`${p}.${name}`, shape);
    for (const [name, shape] of optional) {
      if (tensors.has(`${p}.${name}`)) expected.set(`${p}.${name}`, shape);
    }
  }
  for (const [name, shape] of expected) {
    const found = tensors.get(name)?.shape;
    if (found === undefined) throw dataError(`weights "${path}" lack tensor "${name}"; train again`);
    if (found.join() !== shape.join()) {
      throw dataError(
        `weights "${path}": tensor "${name}" has shape [${found}], the network of model.json expects ` +
          `[${shape}]; the two files belong to different models, restore them or train again`,
      );
    }
  }
  return { constantNames: [...network.constantShapes.keys()], harmonics: network.harmonics };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw dataError(`"${path}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function mutable(json: SchemaJson): ModelDescription['schema'] {
  return {
    channels: [...json.channels],
    latitudes: [...json.latitudes],
    longitudes: [...json.longitudes],
  };
}
