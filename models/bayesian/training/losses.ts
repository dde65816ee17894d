/**
 * What training minimises, as operators. Members are [member, sample, n], truth [sample, n] with n = channel · point;
 * weights are the cell areas [n] with mean 1, so a mean over points is an area mean. Every loss is one number for each
 * of C channels, [C]; with C = 1 (the default) it is the mean over everything, [1].
 */
import { elements, type Value } from '../../graph/graph.js';
import type { Operations } from '../../graph/operator.js';

/** Area-weighted mean of any [..., n] value over everything but its channels, [C]. */
export function areaMean(ops: Operations, value: Value, areaWeights: Value, channels = 1): Value {
  const n = value.shape.at(-1) ?? 1;
  const points = n / channels;
  // along the points first, where numbers lie side by side
  const rows = ops.reshape(ops.mul(value, areaWeights), [-1, channels, points]);
  const total = ops.reduceSum(ops.reduceSum(rows, [2]), [0]);
  return ops.mul(total, ops.scalar(channels / elements(value.shape)));
}

/** Mean absolute error of a deterministic forecast [..., sample, n]. */
export function meanAbsoluteError(
  ops: Operations,
  forecast: Value,
  truth: Value,
  areaWeights: Value,
  channels = 1,
): Value {
  return areaMean(ops, ops.abs(ops.sub(forecast, truth)), areaWeights, channels);
}

/** Mean squared error of a deterministic forecast [..., sample, n]. */
export function meanSquaredError(
  ops: Operations,
  forecast: Value,
  truth: Value,
  areaWeights: Value,
  channels = 1,
): Value {
  const error = ops.sub(forecast, truth);
  return areaMean(ops, ops.mul(error, error), areaWeights, channels);
}

/** A score of independent Gaussians, made of their σ and z = (x − x̂)/σ at every point. */
type GaussianScore = (ops: Operations, sigma: Value, z: Value) => Value;

/** The loss that a score gives: forecast x̂ and sigma [..., sample, n]. */
function gaussianLoss(score: GaussianScore) {
  return (
    ops: Operations,
    forecast: Value,
    sigma: Value,
    truth: Value,
    areaWeights: Value,
    channels = 1,
  ): Value =>
    areaMean(ops, score(ops, sigma, ops.div(ops.sub(truth, forecast), sigma)), areaWeights, channels);
}

/** Minus the log likelihood of independent Gaussians, without ½ ln 2π: z²/2 + ln σ. */
export const gaussianNegativeLogLikelihood = gaussianLoss((ops, sigma, z) =>
  ops.add(ops.mul(ops.mul(z, z), ops.scalar(0.5)), ops.log(sigma)),
);

/**
 * CRPS of independent Gaussians in closed form, σ [z (2Φ(z) − 1) + 2φ(z) − 1/√π]
 * (Gneiting et al. 2005, doi:10.1175/MWR2904.1, eq. 5), with 2Φ(z) − 1 = erf(z/√2).
 */
export const gaussianCrps = gaussianLoss((ops, sigma, z) => {
  const inside = ops.mul(z, ops.erf(ops.mul(z, ops.scalar(Math.SQRT1_2))));
  const density = ops.exp(ops.mul(ops.mul(z, z), ops.scalar(-0.5)));
  const rest = ops.sub(
    ops.mul(density, ops.scalar(Math.sqrt(2 / Math.PI))),
    ops.scalar(1 / Math.sqrt(Math.PI)),
  );
  return ops.mul(sigma, ops.add(inside, rest));
});

/**
 * Almost-fair CRPS: mean|x_i − y| − (1 − ε) Σ_{i<j}|x_i − x_j| / (M(M − 1)), ε = (1 − α)/M.
 * α = 1 is the fair form, which leaves the last member free when all others equal the truth; α = 0.95 does not.
 * Lang et al. 2024, arXiv:2412.15832, eq. 4. The pairs are taken as differences with the members shifted by
 * d = 1 … ⌊M/2⌋, each pair once.
 */
export function almostFairCrps(
  ops: Operations,
  members: Value,
  truth: Value,
  areaWeights: Value,
  alpha: number,
  channels = 1,
): Value {
  const count = members.shape[0] ?? 1;
  const skill = areaMean(ops, ops.abs(ops.sub(members, truth)), areaWeights, channels);
  if (count < 2) return skill;
  let pairs: Value | undefined;
  for (let distance = 1; 2 * distance <= count; distance++) {
    // at d = M/2 each pair would come twice: take the first half of the members only
    const rows = 2 * distance === count ? distance : count;
    const first = rows === count ? members : ops.slice(members, [0, 0, 0], [rows, ...members.shape.slice(1)]);
    const shifted = ops.gather(
      members,
      Array.from({ length: rows }, (_, i) => (i + distance) % count),
      0,
    );
    const mean = areaMean(ops, ops.abs(ops.sub(first, shifted)), areaWeights, channels);
    const sum = ops.mul(mean, ops.scalar(rows));
    pairs = pairs === undefined ? sum : ops.add(pairs, sum);
  }
  const epsilon = (1 - alpha) / count;
  return ops.sub(skill, ops.mul(pairs ?? ops.scalar(0), ops.scalar((1 - epsilon) / (count * (count - 1)))));
}
