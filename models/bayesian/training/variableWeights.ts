/**
 * What each channel counts in a loss, in units of the channel's standard deviation: alike, as Pangu-Bayes was trained,
 * or as a recipe says by channel or variable. Weights multiply channel means before these are averaged over channels.
 * Pangu-Bayes: mean over upper-air channels of w_v L_v + ¼ · mean over surface channels of w_v L_v,
 * github.com/hfutml/pangu-bayes, train_scripts (Bi et al. 2023, Nature, Methods, gives nearly the same numbers).
 */
import { usageError } from '../../../core/errors.js';
import type { Schema } from '../../../core/schema.js';

/** 'pangu-like': as 'pangu-bayes', and variables without a number there count 1. */
export type VariableWeights = 'equal' | 'pangu-bayes' | 'pangu-like' | Readonly<Record<string, number>>;

const upper: Readonly<Record<string, number>> = { z: 3, q: 0.6, t: 1.5, u: 0.77, v: 0.54 };
const surface: Readonly<Record<string, number>> = { msl: 3, u10: 0.77, v10: 0.66, t2m: 1.5 };
const surfaceShare = 0.25;

/**
 * @returns [channel], in the order of the schema
 * @throws {PlumeError} usage, when a channel has no weight
 */
export function channelWeights(schema: Schema, weights: VariableWeights = 'equal'): Float32Array {
  const { channels } = schema;
  if (weights === 'equal') return new Float32Array(channels.length).fill(1);
  const named = channels.map(({ variable, level }) => ({
    variable,
    level,
    name: level === null ? variable : `${variable}${level}`,
  }));
  const missing = (name: string): Error =>
    usageError(`the loss has no weight for channel "${name}"; give one for it, or weigh all alike: "equal"`);
  if (typeof weights !== 'string') {
    return Float32Array.from(named, ({ variable, name }) => {
      const weight = weights[name] ?? weights[variable];
      if (weight === undefined) throw missing(name);
      return weight;
    });
  }
  const aloft = named.filter(({ level }) => level !== null).length;
  const below = named.length - aloft;
  // a mean over n channels of n · w/count is the mean of w over these
  return Float32Array.from(named, ({ variable, level, name }) => {
    const published = level === null ? surface[variable] : upper[variable];
    const weight = published ?? (weights === 'pangu-like' ? 1 : undefined);
    if (weight === undefined) throw missing(name);
    return (named.length * weight * (level === null ? surfaceShare : 1)) / (level === null ? below : aloft);
  });
}
