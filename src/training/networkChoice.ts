/**
 * Which network a training makes: the one of its preset where that suits the archive, the one that the archive gets by
 * itself otherwise, or what --network asks for, by its kind or by a file with its configuration.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isPlumeError, toPlumeError, usageError } from '../../core/errors.js';
import type { Schema } from '../../core/schema.js';
import { createNetwork, type NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import {
  type DefaultNetworkOptions,
  defaultNetwork,
  isLayeredGlobe,
  type NetworkKind,
  networkKinds,
  networkOfKind,
} from '../../models/bayesian/networks/defaultNetwork.js';
import { networkConfig } from '../../models/bayesian/networks/networkDescription.js';
import type { PresetName } from './presetNames.js';
import { isBrief, recipes } from './recipe.js';

export interface NetworkRequest {
  /** 'auto', a kind of network, or the path of a JSON file. */
  readonly asked: string;
  /** States that a step sees; absent: as the network says. */
  readonly history?: number;
}

export interface ChosenNetwork {
  readonly config: NetworkConfig;
  readonly why: string;
}

export interface ChoiceOptions {
  readonly preset: PresetName;
  readonly schema: Schema;
  readonly stepHours: number;
}

/** @throws {PlumeError} usage, naming the flag or the key of the file; resources, when the file cannot be read */
export async function chooseNetwork(
  { asked, history }: NetworkRequest,
  options: ChoiceOptions,
): Promise<ChosenNetwork> {
  const { config, why } = await chosen(asked, options);
  const sized = history === undefined ? config : withHistory(config, history);
  // says what is wrong with sizes before anything is read
  createNetwork(sized, options.schema, {});
  return { config: sized, why };
}

async function chosen(asked: string, options: ChoiceOptions): Promise<ChosenNetwork> {
  if (asked === 'auto') return automatic(options);
  const kind = networkKinds.find((name) => name === asked);
  if (kind !== undefined) return { config: networkFor(kind, options), why: 'as --network says' };
  return { config: await fromFile(asked, options), why: `as ${asked} says` };
}

function automatic(options: ChoiceOptions): ChosenNetwork {
  const { preset, schema } = options;
  const own = recipes[preset].network;
  const problem = misfit(own, schema);
  if (problem === null) return { config: own, why: `of the preset ${preset}` };
  const { kind } = defaultNetwork(schema, sizes(options));
  return {
    config: networkFor(kind, options),
    why: `because ${problem}; the preset ${preset} has a ${own.kind} one`,
  };
}

/** Why a preset's network is not for a schema; null where it is. */
function misfit(network: NetworkConfig, schema: Schema): string | null {
  if (network.kind === 'regional') {
    return isLayeredGlobe(schema) ? 'the archive has several pressure levels on a whole globe' : null;
  }
  try {
    createNetwork(network, schema, {});
    return null;
  } catch (error) {
    if (isPlumeError(error) && error.tag === 'usage') return error.message;
    throw error;
  }
}

/** What a small network of each kind has less of than one of the size that suits the grid. */
const smaller = {
  regional: { channels: 16, layers: 1, kernel: 3 },
  global: { wavenumbers: 6, modes: 6, channels: 16, layers: 1 },
  'earth-transformer': { channels: 16, heads: [1, 2, 2, 1], depths: [1, 1, 1, 1], mlpRatio: 2 },
} as const satisfies Record<NetworkKind, Partial<NetworkConfig>>;

function networkFor(kind: NetworkKind, options: ChoiceOptions): NetworkConfig {
  const { preset, schema } = options;
  const own = recipes[preset].network;
  if (own.kind === kind) return own;
  const whole = networkOfKind(kind, schema, sizes(options));
  return isBrief(preset) ? ({ ...whole, ...smaller[kind] } as NetworkConfig) : whole;
}

/** A preset for a world without seasons has networks that are not told any. */
function sizes({ preset, stepHours }: ChoiceOptions): DefaultNetworkOptions {
  return { harmonics: recipes[preset].climate.harmonics, stepHours };
}

/** Keys that the file leaves out are as they would be without it. */
async function fromFile(path: string, options: ChoiceOptions): Promise<NetworkConfig> {
  const kinds = `auto, ${networkKinds.join(', ')}`;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw toPlumeError(error, `--network "${path}"`);
    throw usageError(
      `--network "${path}" is no kind of network (${kinds}), and there is no file of that name; give one or the other`,
      { cause: error },
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw usageError(`--network "${path}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const kind = z.looseObject({ kind: z.enum(networkKinds) }).safeParse(json);
  if (!kind.success) {
    throw usageError(
      `--network "${path}": ${told(kind.error)}; the file is an object whose "kind" is one of ${networkKinds.join(', ')}`,
    );
  }
  const parsed = networkConfig.safeParse({ ...networkFor(kind.data.kind, options), ...kind.data });
  if (parsed.success) return parsed.data;
  throw usageError(
    `--network "${path}" does not describe a network of kind ${kind.data.kind}: ${told(parsed.error)}; ` +
      'docs/networks.md lists the keys',
  );
}

/** "channels: expected number, received string" */
function told({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

function withHistory(config: NetworkConfig, history: number): NetworkConfig {
  const refuse = (few: number, many: number): Error =>
    usageError(
      `--history ${history}: a network of kind ${config.kind} sees ${few === many ? `${few} state` : `${few} or ${many} states`}; ` +
        'choose another --network, or leave the flag out',
    );
  switch (config.kind) {
    case 'regional':
      if (history !== 2 && history !== 3) throw refuse(2, 3);
      return { ...config, history };
    case 'global':
      if (history !== 1) throw refuse(1, 1);
      return config;
    case 'earth-transformer':
      if (history !== 1 && history !== 2) throw refuse(1, 2);
      return { ...config, historyLength: history };
  }
}
