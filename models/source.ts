/**
 * Names of models as people type them: a directory of a trained or an imported network, or the dycore itself as
 * `nature` or `nature:truncation=21,levels=8,step=1800`. A directory called nature is written ./nature.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../core/errors.js';
import { type DycoreConfig, resolveDycore } from './dycore/dycore.js';
import type { Uncertainty } from './uncertainty.js';

/** Names a model so that a worker can open it: plain data. */
export type ModelSource =
  | {
      readonly kind: 'bayesian';
      readonly directory: string;
      /** Default hybrid. */
      readonly uncertainty?: Uncertainty;
    }
  | {
      readonly kind: 'imported';
      readonly directory: string;
      readonly uncertainty: 'epistemic' | 'none';
    }
  | { readonly kind: 'nature'; readonly config: DycoreConfig };

const natureKeys = { truncation: 'truncation', levels: 'levels', step: 'stepSeconds' } as const;

/**
 * @param uncertainty undefined: what the model has to offer
 * @throws {PlumeError} usage, for a key that the dycore does not know, a configuration it cannot integrate, or an
 *   uncertainty that it does not have
 */
export function parseModelSource(
  text: string,
  { uncertainty }: { readonly uncertainty?: Uncertainty | undefined } = {},
): ModelSource {
  const [name, ...rest] = text.split(':');
  if (name !== 'nature') {
    if (isImported(text)) return importedSource(text, uncertainty);
    return { kind: 'bayesian', directory: text, ...(uncertainty === undefined ? {} : { uncertainty }) };
  }
  if (uncertainty !== undefined && uncertainty !== 'none') {
    throw usageError(
      `model "${text}" has neither weights nor noise to be unsure of, ${uncertainty} uncertainty was asked for; its ` +
        'members differ by --initial or --perturb',
    );
  }
  const specification = rest.join(':');
  const options: { truncation?: number; levels?: number; stepSeconds?: number } = {};
  for (const part of specification === '' ? [] : specification.split(',')) {
    const [key = '', value = '', ...more] = part.split('=').map((piece) => piece.trim());
    const option = natureKeys[key as keyof typeof natureKeys];
    const number = Number(value);
    if (option === undefined || value === '' || !Number.isFinite(number) || more.length > 0) {
      throw usageError(
        `model "${text}": "${part}" is not one of ${Object.keys(natureKeys)
          .map((known) => `${known}=N`)
          .join(', ')}, such as nature:truncation=21,levels=8`,
      );
    }
    options[option] = number;
  }
  return { kind: 'nature', config: resolveDycore(options) };
}

/** True for the directory of a model that was made elsewhere; whatever else is wrong with it is told when it is opened. */
function isImported(directory: string): boolean {
  try {
    const json = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8')) as {
      readonly kind?: unknown;
    };
    return json.kind === 'imported';
  } catch {
    return false;
  }
}

function importedSource(directory: string, uncertainty: Uncertainty = 'epistemic'): ModelSource {
  if (uncertainty === 'epistemic' || uncertainty === 'none')
    return { kind: 'imported', directory, uncertainty };
  throw usageError(
    `model "${directory}" was imported and has weights to be unsure of, but no noise; ${uncertainty} uncertainty was ` +
      'asked for: use --uncertainty epistemic or none',
  );
}
