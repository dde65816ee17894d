/**
 * From what was asked for to plain data with every value: what a preset leaves to the model is found from it here, and
 * lengths that a preset fixes and the model's grid cannot hold are drawn at the shortest that it holds. A length that was
 * asked for is never changed: it is refused when the perturbation is made.
 */
import { usageError } from '../core/errors.js';
import { describeGrid, type Grid } from '../core/grid.js';
import type { Schema } from '../core/schema.js';
import { readErrorTable } from './errorTable.js';
import { shortestLengthKm } from './fields/noiseScales.js';
import { resolvedDegree } from './fields/spectrum.js';
import { defaultSeedChannel } from './initial/bredVectors.js';
import { flagOf, formatValue, type ParameterValue, schemes } from './parameters.js';
import type { PerturbationRequest } from './parse.js';
import { findPreset } from './presets.js';
import type { NoiseScale, PerturbationSource } from './source.js';

/** What a perturbation may depend on. */
export interface PerturbedModel {
  /** As messages name it. */
  readonly name: string;
  readonly schema: Schema;
  readonly stepHours: number;
  /** Scales of the noise that it was trained with; null: it has no amplitude for noise. */
  readonly noise: readonly NoiseScale[] | null;
}

export interface ResolvedPerturbation {
  readonly source: PerturbationSource;
  /** What was changed so that it fits the model. */
  readonly notes: readonly string[];
}

/**
 * @throws {PlumeError} usage, for lists of scales of unequal length, noise that the model has not, or bred vectors
 *   without a table of errors; data, for a table that does not suit
 */
export async function resolvePerturbation(
  asked: PerturbationRequest,
  model: PerturbedModel,
): Promise<ResolvedPerturbation> {
  const { request, notes } = fittedTo(model.schema.grid, asked);
  return { source: await sourceOf(request, model), notes };
}

async function sourceOf(request: PerturbationRequest, model: PerturbedModel): Promise<PerturbationSource> {
  const values: Record<string, unknown> = Object.fromEntries(request.values);
  switch (request.kind) {
    case 'noise':
      return source(
        'noise',
        withScales(request, ['lengthKm', 'timeHours', 'share'], noiseScales(request, model)),
      );
    case 'sppt':
      return source('sppt', withScales(request, ['sigma', 'lengthKm', 'timeHours'], undefined));
    case 'skeb':
      return source('skeb', { ...values, toDegree: values.toDegree ?? resolvedDegree(model.schema.grid) });
    case 'bred': {
      const { errors: path, ...rest } = values;
      return source('bred', {
        ...rest,
        cycleHours: rest.cycleHours ?? usualCycle(model.stepHours),
        seedChannel: rest.seedChannel ?? defaultSeedChannel(model.schema),
        ...(request.table ?? (await readErrorTable(requirePath(path), model.schema, model.name))),
      });
    }
    default:
      return source(request.kind, values);
  }
}

const lengths = ['lengthKm', 'seedLengthKm'] as const;

/** Lengths that are a preset's alone, each at least the shortest that the grid holds. */
function fittedTo(
  grid: Grid,
  request: PerturbationRequest,
): { readonly request: PerturbationRequest; readonly notes: readonly string[] } {
  const shortest = shortestLengthKm(grid);
  const values = new Map(request.values);
  const notes = lengths.flatMap((name) => {
    const published = values.get(name);
    if (published === undefined || request.said.has(name)) return [];
    const atLeast = (one: unknown): number => Math.max(shortest, Number(one));
    const fitted = Array.isArray(published) ? published.map(atLeast) : atLeast(published);
    const [before, after] = [published, fitted].map(formatValue);
    if (before === after) return [];
    values.set(name, fitted);
    const flag = flagOf(name);
    return [
      `${request.kind}: ${flag}=${before} of preset ${findPreset(request.name)?.name} goes below the ${shortest} km that ` +
        `points of the grid lie apart (${describeGrid(grid)}): ${flag}=${after} is used; give ${flag} to choose another`,
    ];
  });
  return { request: { ...request, values }, notes };
}

/** Values were checked as they were read, and presets have all of them. */
function source(
  kind: PerturbationSource['kind'],
  values: Readonly<Record<string, unknown>>,
): PerturbationSource {
  return { kind, ...values } as PerturbationSource;
}

/** Six hours, or the whole steps that come next. */
function usualCycle(stepHours: number): number {
  return stepHours * Math.ceil(6 / stepHours);
}

function requirePath(path: unknown): string {
  if (typeof path === 'string') return path;
  throw usageError(
    'bred vectors are scaled to the errors of the model: make a table with plume errors --out errors.json, and give ' +
      'bred:errors=errors.json',
  );
}

/** Of the model, where nothing is said of scales. */
function noiseScales(
  { values }: PerturbationRequest,
  model: PerturbedModel,
): readonly NoiseScale[] | undefined {
  if (model.noise === null) {
    throw usageError(
      `noise: ${model.name} has no amplitude for it as it is to be used here; use --uncertainty hybrid or aleatoric with a ` +
        'model that has learned noise, or another perturbation, such as sppt',
    );
  }
  const said = ['lengthKm', 'timeHours', 'share'].some((name) => values.has(name));
  return said ? undefined : model.noise;
}

/** Lists of the parameters of scales, one a parameter, as one list of scales. */
function withScales(
  { name, values }: PerturbationRequest,
  lists: readonly string[],
  known: readonly NoiseScale[] | undefined,
): Readonly<Record<string, unknown>> {
  const rest = Object.fromEntries([...values].filter(([key]) => !lists.includes(key)));
  if (known !== undefined) return { scales: known, ...rest };
  const given = lists.flatMap((key) => {
    const list = values.get(key);
    return Array.isArray(list) ? [{ key, list: list as readonly number[] }] : [];
  });
  const counts = given.map(({ key, list }) => `${flagOf(key)} has ${list.length}`);
  const needed = lists.filter((key) => key !== 'share' && !values.has(key));
  if (needed.length > 0) {
    throw usageError(
      `${name}: ${counts.join(', ')}, but ${needed.map(flagOf).join(' and ')} is not given; give both`,
    );
  }
  const count = given[0]?.list.length ?? 0;
  if (given.some(({ list }) => list.length !== count)) {
    throw usageError(
      `${name}: ${counts.join(', ')}; a scale has one value of each: give as many of all, with / between them`,
    );
  }
  const scales = Array.from({ length: count }, (_, i) =>
    Object.fromEntries(given.map(({ key, list }) => [key, list[i]])),
  );
  return { scales, ...rest };
}

/** The same with nothing left to a default, as it is written on the command line; parse.ts reads it back. */
export function formatPerturbation(perturbation: PerturbationSource): string {
  const {
    kind,
    scales = [],
    errorsOf,
    ...rest
  } = perturbation as PerturbationSource & {
    readonly scales?: readonly Readonly<Record<string, number>>[];
    readonly errorsOf?: string;
  };
  const values: Record<string, unknown> = { ...rest };
  for (const name of Object.keys(scales[0] ?? {})) values[name] = scales.map((scale) => scale[name]);
  const parts = schemes[kind].parameters
    .filter(({ name }) => values[name] !== undefined)
    .map(({ name }) =>
      name === 'errors'
        ? `errors=(${errorsOf})`
        : `${flagOf(name)}=${formatValue(values[name] as ParameterValue)}`,
    );
  return `${kind}:${parts.join(',')}`;
}
