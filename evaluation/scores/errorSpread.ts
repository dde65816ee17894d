/**
 * Error–spread score: does the ensemble's variance, tilted by its skewness, foretell the squared error of its mean?
 *   ES = (s² − e² − e s g)²,   e = x̄ − y, s² the variance, g the skewness (both with 1/(M − 1))
 * Unit of the variable to the fourth; 0 is perfect. Christensen, Moroz & Palmer 2015, doi:10.1002/qj.2375.
 * A constant ensemble has no skewness; its tilt is taken as 0, the limit of e s g.
 */
import { momentsOfCase } from './caseMoments.js';

/** @param members [member], at least two, else NaN */
export function errorSpreadScore(members: ArrayLike<number>, observed: number): number {
  const { mean, variance, skewness } = momentsOfCase(members);
  const error = mean - observed;
  const tilt = variance === 0 ? 0 : error * Math.sqrt(variance) * skewness;
  return (variance - error * error - tilt) ** 2;
}
