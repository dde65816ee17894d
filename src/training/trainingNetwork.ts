/**
 * The network of a training and the fields of the place that it knows: chosen and read where the training begins, taken from
 * the model where a later stage goes on, whose flags may then say nothing else.
 */
import { z } from 'zod';
import { usageError } from '../../core/errors.js';
import type { TrainedModel } from '../../models/bayesian/modelDirectory.js';
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import { isStored, knownFields } from '../../models/bayesian/networks/earthPlanes.js';
import type { NetworkConstants } from '../../models/bayesian/networks/network.js';
import { type KnownFields, readKnownFields } from './knownFields.js';
import { type ChosenNetwork, chooseNetwork, type NetworkRequest } from './networkChoice.js';
import type { TrainRequest } from './trainRequest.js';

export interface TrainingNetwork extends ChosenNetwork {
  readonly known: KnownFields;
}

/** @throws {PlumeError} usage or data, as chooseNetwork and readKnownFields, and for flags against the model */
export async function trainingNetwork(
  request: TrainRequest,
  present: TrainedModel | null,
  stepHours: number,
): Promise<TrainingNetwork> {
  const { source, preset, directory, network: asked = { asked: 'auto' } } = request;
  const { schema } = source.archive;
  const files = request.constants ?? { paths: [], asked: false };
  const isAsked = asked.asked !== 'auto' || asked.history !== undefined;
  if (present === null || isAsked) {
    const chosen = await chooseNetwork(asked, { preset, schema, stepHours });
    if (present === null) {
      return { ...chosen, known: await readKnownFields(chosen.config, schema.grid, files) };
    }
    requireSameNetwork(asked, chosen.config, present.network, directory);
  }
  if (files.asked) {
    const { constants } = await readKnownFields(present.network, schema.grid, files);
    requireSameConstants(constants, present.constants, files.paths, directory);
  }
  const { why, constants: sources } = toldIn(present);
  return { config: present.network, why, known: { constants: storedFields(present.constants), sources } };
}

/** What was said when the network was chosen; models of earlier versions do not tell. */
const told = z.looseObject({
  network_choice: z.string().default('of the model that is there'),
  constants: z.record(z.string(), z.string()).default({}),
});

function toldIn({ description }: TrainedModel): { why: string; constants: Record<string, string> } {
  const { network_choice: why, constants } = told.parse(description.training.record ?? {});
  return { why, constants };
}

/** The fields of the place among a network's constants. */
export function storedFields(constants: NetworkConstants): NetworkConstants {
  const stored = new Set<string>(knownFields.filter(isStored));
  return Object.fromEntries(Object.entries(constants).filter(([name]) => stored.has(name)));
}

/** @throws {PlumeError} usage, naming what differs; how many EOFs there are the data may have decided */
function requireSameNetwork(
  { asked, history }: NetworkRequest,
  wanted: NetworkConfig,
  found: NetworkConfig,
  directory: string,
): void {
  const [one, other] = [wanted, found].map((config) => new Map<string, unknown>(Object.entries(config)));
  const differing = [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].find(
    (key) => key !== 'eofs' && JSON.stringify(one?.get(key)) !== JSON.stringify(other?.get(key)),
  );
  if (differing === undefined) return;
  const flags = history === undefined ? `--network ${asked}` : `--network ${asked} --history ${history}`;
  throw usageError(
    `${flags} has ${differing} ${JSON.stringify(one?.get(differing))}, the network of the model in "${directory}" ` +
      `${JSON.stringify(other?.get(differing))}; a network is chosen in the deterministic stage: leave the flag out, or ` +
      'choose another --out',
  );
}

function requireSameConstants(
  read: NetworkConstants,
  stored: NetworkConstants,
  paths: readonly string[],
  directory: string,
): void {
  const differing = Object.entries(read).find(
    ([name, values]) => !values.every((value, i) => value === stored[name]?.[i]),
  );
  if (differing === undefined) return;
  throw usageError(
    `--constants ${paths.join(' ')}: ${differing[0]} is not the one that the model in "${directory}" was begun with; ` +
      'its fields are stored in it: leave the flag out, or choose another --out',
  );
}
