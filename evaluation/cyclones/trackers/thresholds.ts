/**
 * The numbers of a tracker: each with its default, unit, meaning and source, so that every one of them can be set and
 * told. Infinity asks for nothing.
 */
import { usageError } from '../../../core/errors.js';

export interface Threshold {
  readonly standard: number;
  readonly unit: string;
  readonly means: string;
  readonly source: string;
}

export type Thresholds = Readonly<Record<string, Threshold>>;

/** Their values by name. */
export type ValuesOf<T extends Thresholds> = { readonly [Name in keyof T]: number };

export function threshold(standard: number, unit: string, means: string, source: string): Threshold {
  return { standard, unit, means, source };
}

/** Where the reference leaves a choice, it is ours. */
export const ours = 'a choice of ours: the reference leaves it open';

/**
 * @param given by name; the others have their standard
 * @throws {PlumeError} usage, when a name is none of the tracker's, or a value is no number or negative
 */
export function valuesOf<T extends Thresholds>(
  tracker: string,
  thresholds: T,
  given: Readonly<Record<string, number>>,
): ValuesOf<T> {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(thresholds, name)) {
      throw usageError(
        `tracker ${tracker} has no threshold "${name}"; it has ${Object.keys(thresholds).join(', ')}`,
      );
    }
    if (Number.isNaN(value) || value < 0) {
      const { unit, standard } = thresholds[name]!;
      throw usageError(
        `tracker ${tracker}: ${name} is ${value}; expected a number of ${unit} that is not negative, as ${standard}`,
      );
    }
  }
  const values = Object.entries(thresholds).map(([name, { standard }]) => [name, given[name] ?? standard]);
  return Object.fromEntries(values) as ValuesOf<T>;
}
