/** The periods that --train and --validate name, or whole calendar years of the archive where nobody says. */
import { usageError } from '../core/errors.js';
import { formatPeriod, parsePeriod, type SplitPeriods, splitByYear } from '../core/period.js';
import type { Options } from './options.js';

/** @throws {PlumeError} usage, when one is given without the other, they overlap, or the archive is too short to split */
export function periodsOf(
  options: Pick<Options, 'train' | 'validate'>,
  times: Float64Array,
): Omit<SplitPeriods, 'test'> {
  if (options.train === undefined && options.validate === undefined) return splitByYear(times);
  if (options.train === undefined || options.validate === undefined) {
    throw usageError('--train and --validate go together: give both periods, or neither');
  }
  const periods = { train: parsePeriod(options.train), validate: parsePeriod(options.validate) };
  if (periods.validate.from <= periods.train.to && periods.train.from <= periods.validate.to) {
    throw usageError(
      `--train ${formatPeriod(periods.train)} and --validate ${formatPeriod(periods.validate)} overlap; the validation ` +
        'period must lie outside the training period',
    );
  }
  return periods;
}
