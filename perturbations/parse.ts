/**
 * Perturbations as people ask for them: `sppt`, `sppt-gfs:surface=1`, `balanced:amplitude=0.2,length-km=800`, or a JSON
 * file with a list of such texts or of objects, { "kind": "sppt", "clip": 2 }, whose keys are those of source.ts.
 * What has a colon is a text, whatever it ends in: `bred:errors=errors.json` names a table and is no list.
 * What is not said is the preset's; what depends on the model is left to resolve.ts.
 */
import { readFile } from 'node:fs/promises';
import { toPlumeError, usageError } from '../core/errors.js';
import {
  flagOf,
  type ParameterValue,
  type PerturbationKind,
  perturbationKinds,
  schemes,
} from './parameters.js';
import { findPreset, presets } from './presets.js';

export interface PerturbationRequest {
  readonly kind: PerturbationKind;
  /** As it was asked for: a preset or a kind. */
  readonly name: string;
  /** By name: what was said over what the preset says. */
  readonly values: ReadonlyMap<string, ParameterValue>;
  /** Names of those that were said: they are used as they are, or refused. */
  readonly said: ReadonlySet<string>;
  /** Only from JSON: a table of errors by its numbers, as manifests record it. */
  readonly table?: { readonly errors: Readonly<Record<string, number>>; readonly errorsOf: string };
}

/**
 * @param specifications in their order
 * @throws {PlumeError} usage, for a name, a parameter or a value that is not known, saying which are; data, for a file
 *   that is not there
 */
export async function parsePerturbations(specifications: readonly string[]): Promise<PerturbationRequest[]> {
  const requests: PerturbationRequest[] = [];
  for (const specification of specifications) {
    if (isFile(specification)) requests.push(...(await fromFile(specification)));
    else requests.push(fromText(specification));
  }
  for (const [place, { kind }] of requests.entries()) {
    const first = requests.findIndex((other) => other.kind === kind);
    if (schemes[kind].at === 'step' && first < place) {
      throw usageError(
        `perturbations: ${kind} comes twice (${requests[first]?.name} and ${requests[place]?.name}), and both would draw ` +
          'the same numbers; give their scales in one, such as length-km=500/1000',
      );
    }
  }
  return requests;
}

function isFile(specification: string): boolean {
  return specification.endsWith('.json') && !specification.includes(':');
}

function fromText(specification: string): PerturbationRequest {
  const colon = specification.indexOf(':');
  const name = (colon < 0 ? specification : specification.slice(0, colon)).trim();
  const preset = requirePreset(name, specification);
  const { parameters } = schemes[preset.kind];
  const given = new Map<string, ParameterValue>();
  const listed = colon < 0 ? [] : specification.slice(colon + 1).split(',');
  for (const part of listed.map((piece) => piece.trim()).filter((piece) => piece !== '')) {
    const equals = part.indexOf('=');
    const flag = part.slice(0, Math.max(0, equals)).trim();
    const parameter = parameters.find((one) => flagOf(one.name) === flag);
    if (parameter === undefined) throw unknownParameter(preset.kind, part, specification);
    const written = part.slice(equals + 1).trim();
    const value = parameter.type.read(written);
    if (value === undefined) {
      throw usageError(
        `perturbation "${specification}": ${flag} is "${written}"; expected ${parameter.type.words}`,
      );
    }
    if (given.has(parameter.name)) {
      throw usageError(`perturbation "${specification}": ${flag} comes twice; give it once`);
    }
    given.set(parameter.name, value);
  }
  return requested(preset.kind, name, given);
}

async function fromFile(path: string): Promise<PerturbationRequest[]> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `perturbations "${path}"`);
  });
  let list: unknown;
  try {
    list = JSON.parse(content);
  } catch (error) {
    throw usageError(`perturbations "${path}" are not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!Array.isArray(list)) {
    throw usageError(
      `perturbations "${path}" must be a list, such as ["sppt", { "kind": "white", "amplitude": 0.1 }]`,
    );
  }
  return list.map((entry: unknown, i) => {
    if (typeof entry === 'string') return fromText(entry);
    if (isRecord(entry)) return fromObject(entry, `${path}[${i}]`);
    throw usageError(
      `perturbation "${path}[${i}]" is ${JSON.stringify(entry)}; expected a text or an object`,
    );
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object of a list; `stream`, which a manifest records beside the parameters, is no parameter. */
function fromObject(entry: Readonly<Record<string, unknown>>, where: string): PerturbationRequest {
  const { kind, scales, stream: _, errors, errorsOf, ...rest } = entry;
  const preset = requirePreset(typeof kind === 'string' ? kind : '', where);
  const { parameters } = schemes[preset.kind];
  const table = isRecord(errors) && Object.values(errors).every((value) => typeof value === 'number');
  const values: Readonly<Record<string, unknown>> = {
    ...rest,
    ...(scales === undefined ? {} : listsOf(scales, where)),
    ...(errors === undefined || table ? {} : { errors }),
  };
  const given = new Map<string, ParameterValue>();
  for (const [name, value] of Object.entries(values)) {
    const parameter = parameters.find((one) => one.name === name);
    if (parameter === undefined) throw unknownParameter(preset.kind, name, where, (known) => known);
    if (!parameter.type.has(value)) {
      throw usageError(
        `perturbation "${where}": ${name} is ${JSON.stringify(value)}; expected ${parameter.type.words}`,
      );
    }
    given.set(name, value as ParameterValue);
  }
  const request = requested(preset.kind, String(kind), given);
  if (!table || preset.kind !== 'bred') return request;
  return {
    ...request,
    table: { errors: errors as Record<string, number>, errorsOf: String(errorsOf ?? where) },
  };
}

/** [{ a, b }, …] → { a: […], b: […] } */
function listsOf(scales: unknown, where: string): Record<string, unknown[]> {
  if (!Array.isArray(scales) || !scales.every(isRecord)) {
    throw usageError(
      `perturbation "${where}": scales is ${JSON.stringify(scales)}; expected a list of objects`,
    );
  }
  const names = [...new Set(scales.flatMap((scale) => Object.keys(scale)))];
  return Object.fromEntries(names.map((name) => [name, scales.map((scale) => scale[name] ?? null)]));
}

function requested(
  kind: PerturbationKind,
  name: string,
  given: ReadonlyMap<string, ParameterValue>,
): PerturbationRequest {
  const values = new Map([...Object.entries(findPreset(name)?.values ?? {}), ...given]);
  return { kind, name, values, said: new Set(given.keys()) };
}

function requirePreset(name: string, where: string) {
  const preset = findPreset(name);
  if (preset !== undefined) return preset;
  const names = [...new Set([...perturbationKinds, ...presets.map((one) => one.name)])];
  const file = where.endsWith('.json') ? '; a file of perturbations is given by a path without ":"' : '';
  throw usageError(
    `perturbation "${where}": there is none called "${name}"; there are ${names.join(', ')} (see plume perturbations)${file}`,
  );
}

function unknownParameter(
  kind: PerturbationKind,
  found: string,
  where: string,
  written: (name: string) => string = (name) => `${flagOf(name)}=…`,
) {
  return usageError(
    `perturbation "${where}": "${found}" is no parameter of ${kind}; it has ` +
      schemes[kind].parameters.map(({ name }) => written(name)).join(', '),
  );
}
