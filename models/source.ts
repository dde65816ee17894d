/**
 * Names of models as people type them: a directory of a trained network, or the dycore itself as
 * `nature` or `nature:truncation=21,levels=8,step=1800`. A directory called nature is written ./nature.
 */
import { usageError } from '../core/errors.js';
import { type DycoreConfig, resolveDycore } from './dycore/dycore.js';

/** Names a model so that a worker can open it: plain data. */
export type ModelSource =
  | {
      readonly kind: 'bayesian';
      readonly directory: string;
      /** True: the posterior's mean as the only network, and no noise. */
      readonly deterministic?: boolean;
    }
  | { readonly kind: 'nature'; readonly config: DycoreConfig };

const natureKeys = { truncation: 'truncation', levels: 'levels', step: 'stepSeconds' } as const;

/** @throws {PlumeError} usage, for a key that the dycore does not know or a configuration it cannot integrate */
export function parseModelSource(text: string, { deterministic = false } = {}): ModelSource {
  const [name, ...rest] = text.split(':');
  if (name !== 'nature') {
    return { kind: 'bayesian', directory: text, ...(deterministic ? { deterministic } : {}) };
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
