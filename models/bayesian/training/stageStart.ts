/**
 * What a stage of training begins with and hands on. Between stages there are, by name,
 *   average.<part>.<parameter>   what the stage before ended with: the best averages of its trainable tensors
 *   prior.<parameter>            m₀, the weights that the deterministic stage found; from the first random stage on
 *   fixed.<part>.<parameter>     tensors of a posterior that gradients do not move (SWAG, last-layer Laplace)
 *   laplace.fit                  temperature and prior precision of last-layer Laplace
 * and within a stage beside them the trainable tensors themselves, their moments first. and second., the best averages
 * best. and what is collected on the way, swag.
 */
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { Network } from '../networks/network.js';
import { partOf, rootMeanSquare, tensorNamed } from '../posteriors/parts.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import type { Stage } from './stages.js';

export interface PosteriorStart {
  /** σ₀ and σ_p of each tensor, relative to the root mean square of its trained weights. */
  readonly initialSigma: number;
  readonly priorSigma: number;
  /** Smallest root mean square counted, for tensors near zero. */
  readonly floor: number;
}

/** What is there before the first stage: weights by parameter as averages of a point. */
export function initialTensors(initial: Tensors): Map<string, Tensor> {
  return new Map([...initial].map(([name, tensor]) => [`average.mean.${name}`, tensor]));
}

/**
 * The tensors of a posterior as they lie between stages: to go on from a model that was stored.
 * @param isFixed true of a posterior that gradients do not move
 */
export function storedTensors(stored: Tensors, isFixed: boolean): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of stored) {
    tensors.set(`average.${name}`, tensor);
    if (isFixed) tensors.set(`fixed.${name}`, tensor);
  }
  return tensors;
}

/**
 * A stage begins at what the one before handed on, with fresh moments; the first random one fixes the prior.
 * @param before the family of the stage before
 */
export function enterStage(
  stage: Stage,
  network: Network,
  { family, before }: { readonly family: WeightFamily; readonly before: WeightFamily },
  handed: Tensors,
): Map<string, Tensor> {
  const averages = partOf(handed, 'average');
  const carriesOn =
    family.kind === before.kind && [...family.trainable.keys()].every((name) => averages.has(name));
  const trained = before.posterior(averages).mean();
  const begin = carriesOn ? averages : family.start(trained);
  const tensors = keptTensors(handed);
  if (stage.name !== 'deterministic' && partOf(tensors, 'prior').size === 0) {
    for (const name of network.parameters.keys()) {
      if (network.isRandom(name)) tensors.set(`prior.${name}`, tensorNamed(trained, name));
    }
  }
  for (const name of family.trainable.keys()) {
    const tensor = tensorNamed(begin, name);
    const zeros = { shape: tensor.shape, values: new Float32Array(tensor.values.length) };
    tensors.set(name, tensor);
    tensors.set(`average.${name}`, tensor);
    tensors.set(`first.${name}`, zeros);
    tensors.set(`second.${name}`, zeros);
  }
  return tensors;
}

/** What a finished stage hands on: its best averages where it was judged, else its last. */
export function leaveStage(family: WeightFamily, tensors: Tensors): Map<string, Tensor> {
  const handed = keptTensors(tensors);
  for (const name of family.trainable.keys()) {
    handed.set(`average.${name}`, tensors.get(`best.${name}`) ?? tensorNamed(tensors, `average.${name}`));
  }
  return handed;
}

function keptTensors(tensors: Tensors): Map<string, Tensor> {
  return new Map([...tensors].filter(([name]) => /^(prior|fixed|laplace)\./.test(name)));
}

/** m₀ by parameter. */
export function priorMeans(tensors: Tensors): Map<string, Tensor> {
  return partOf(tensors, 'prior');
}

/** σ_p by parameter. */
export function priorSigmas(means: Tensors, { priorSigma, floor }: PosteriorStart): Map<string, number> {
  return new Map(
    [...means].map(([name, { values }]) => [name, priorSigma * Math.max(floor, rootMeanSquare(values))]),
  );
}

/** The tensors of the trained posterior, "<part>.<parameter>": what was fixed, and what moved in place of its own. */
export function posteriorTensors(handed: Tensors): Map<string, Tensor> {
  return new Map([...partOf(handed, 'fixed'), ...partOf(handed, 'average')]);
}
