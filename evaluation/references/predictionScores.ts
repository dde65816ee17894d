/** Scores of a reference's prediction at every point, each kind of prediction by its own closed form. */
import type { FloatArray } from '../../core/statistics/moments.js';
import { memberMean } from '../../core/statistics/moments.js';
import { crpsKernel } from '../scores/crps.js';
import { crpsGaussian } from '../scores/crpsGaussian.js';
import { absoluteErrors } from '../scores/deterministic.js';
import type { Prediction } from './reference.js';

/**
 * CRPS: |error| of a single field, closed form of a normal, fair of members and distributions.
 * @param observed [point]; NaN propagates
 * @param out [point], written
 */
export function crpsOfPrediction(prediction: Prediction, observed: FloatArray, out: Float64Array): void {
  switch (prediction.kind) {
    case 'deterministic':
      absoluteErrors(prediction.values, observed, out);
      return;
    case 'gaussian':
      for (let i = 0; i < out.length; i++)
        out[i] = crpsGaussian(prediction.mean[i]!, prediction.sigma[i]!, observed[i]!);
      return;
    case 'ensemble': {
      const scratch = new Float64Array(prediction.memberCount);
      crpsKernel(prediction.members, prediction.memberCount, observed, out, scratch);
      return;
    }
    case 'distribution':
      prediction.distribution.crps(observed, out);
      return;
  }
}

/** The mean of a prediction, [point]. */
export function meanOfPrediction(prediction: Prediction): FloatArray {
  switch (prediction.kind) {
    case 'deterministic':
      return prediction.values;
    case 'gaussian':
      return prediction.mean;
    case 'ensemble': {
      const mean = new Float64Array(prediction.members.length / prediction.memberCount);
      memberMean(prediction.members, prediction.memberCount, mean);
      return mean;
    }
    case 'distribution':
      return prediction.distribution.mean;
  }
}
