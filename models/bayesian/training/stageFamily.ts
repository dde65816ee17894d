/**
 * Which family of distributions a stage trains, by the posterior that was asked for. The deterministic stage trains a
 * point. Then mean-field, rank-one and dropout are families of their own for both stages; a deep ensemble stays a point,
 * its doubt being in its components; SWAG and last-layer Laplace are found in the epistemic stage otherwise than by
 * gradient (a point trained at a constant rate and collected; one pass over the data), and are frozen deviations after.
 */
import type { Tensors } from '../../../core/store/tensorFile.js';
import type { Network } from '../networks/network.js';
import { DropoutFamily } from '../posteriors/dropout.js';
import { openLastLayerLaplace } from '../posteriors/lastLayerLaplace.js';
import { MeanFieldFamily } from '../posteriors/meanField.js';
import { partOf } from '../posteriors/parts.js';
import { PointFamily } from '../posteriors/point.js';
import type { PosteriorKind } from '../posteriors/posterior.js';
import { RankOneFamily, type RankOneOptions } from '../posteriors/rankOne.js';
import { SpreadFamily } from '../posteriors/spreadFamily.js';
import { openSwag } from '../posteriors/swag.js';
import type { SwagPlan } from '../posteriors/swagCollector.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import type { PosteriorName } from './posteriorNames.js';
import type { PosteriorStart } from './stageStart.js';
import type { StageName } from './stages.js';

/** The posterior that a training makes, and what its kind needs to know. */
export interface PosteriorPlan {
  readonly name: PosteriorName;
  readonly start: PosteriorStart;
  /** First σ and σ_p of the factors of rank-one matrices. */
  readonly rankOne: RankOneOptions;
  /** Share of hidden units that a weight sample of Monte-Carlo dropout goes without. */
  readonly dropoutRate: number;
  readonly swag: SwagPlan;
  /** T: how many training rows of last-layer Laplace say as much as one independent row. */
  readonly laplace: { readonly temperature: number };
}

/** The kind that model.json names once the epistemic stage is done; before, every model is a point. */
export function kindOf(name: PosteriorName, finished: StageName): PosteriorKind {
  if (finished === 'deterministic' || name === 'deep-ensemble') return 'point';
  return name;
}

/** True of posteriors whose deviations gradients do not move. */
export function isFixed(kind: PosteriorKind): boolean {
  return kind === 'swag' || kind === 'last-layer-laplace';
}

/**
 * @param tensors of the training so far: posteriors that were found without gradient lie in "fixed."
 */
export function stageFamily(
  stage: StageName,
  plan: PosteriorPlan,
  network: Network,
  tensors: Tensors,
): WeightFamily {
  if (stage === 'deterministic') return new PointFamily(network);
  switch (plan.name) {
    case 'mean-field':
      return new MeanFieldFamily(network, plan.start);
    case 'deep-ensemble':
      return new PointFamily(network);
    case 'swag':
      if (stage === 'epistemic') return new PointFamily(network);
      return new SpreadFamily('swag', openSwag(partOf(tensors, 'fixed')));
    case 'rank-one':
      return new RankOneFamily(network, plan.rankOne);
    case 'dropout':
      return new DropoutFamily(network, plan.dropoutRate);
    case 'last-layer-laplace':
      if (stage === 'epistemic') return new PointFamily(network);
      return new SpreadFamily('last-layer-laplace', openLastLayerLaplace(partOf(tensors, 'fixed')));
  }
}
