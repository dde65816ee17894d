/**
 * What a score does where a value is missing (NaN): a named choice, never a silent one.
 *   propagate  a missing member or observation makes the score of that point NaN
 *   omit       missing members are left out, and the score knows how many were left; a missing observation
 *              still makes it NaN
 *   raise      an error that names the first missing value
 */
import { dataError, type PlumeError } from '../../core/errors.js';

export type NanPolicy = 'propagate' | 'omit' | 'raise';

/** The error of policy `raise`. */
export function missingValueError(score: string, what: string): PlumeError {
  return dataError(
    `${score}: ${what} is missing (NaN) and the policy is "raise"; ` +
      'choose "omit" to leave missing values out, or "propagate" to make the score missing there',
  );
}
