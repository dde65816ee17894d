/**
 * Every kind of posterior, fitted to one regression with the tanh network: where its deterministic training ends, the
 * others begin. Priors are N(0, σ_p²) with the scales of a random start, so that the network before the data spreads
 * about as wide as the targets; the temperature is 1 throughout.
 */
import { normals } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import { DropoutFamily } from '../../models/bayesian/posteriors/dropout.js';
import { LaplaceAccumulator } from '../../models/bayesian/posteriors/laplaceAccumulator.js';
import {
  fitLastLayerLaplace,
  openLastLayerLaplace,
} from '../../models/bayesian/posteriors/lastLayerLaplace.js';
import { MeanFieldFamily } from '../../models/bayesian/posteriors/meanField.js';
import { mixture } from '../../models/bayesian/posteriors/mixture.js';
import { openPoint, PointFamily } from '../../models/bayesian/posteriors/point.js';
import type { Posterior } from '../../models/bayesian/posteriors/posterior.js';
import { RankOneFamily } from '../../models/bayesian/posteriors/rankOne.js';
import { openSwag } from '../../models/bayesian/posteriors/swag.js';
import { SwagCollector } from '../../models/bayesian/posteriors/swagCollector.js';
import type { Prior, WeightFamily } from '../../models/bayesian/posteriors/weightFamily.js';
import { elements } from '../../models/graph/graph.js';
import { parallel, type RegressionNetwork } from './network.js';
import { evaluate } from './predictions.js';
import { type RegressionData, startWeights, type TrainingPlan, trainFamily } from './training.js';

/** N(0, σ_p²) with the scales of the network's random start. */
export function startPrior(network: RegressionNetwork): Prior {
  const zeros = [...network.parameters].map(([name, shape]): [string, Tensor] => [
    name,
    { shape, values: new Float32Array(elements(shape)) },
  ]);
  return {
    mean: new Map(zeros),
    sigma: new Map([...network.parameters.keys()].map((name) => [name, network.initialScale(name)])),
  };
}

const deterministic: TrainingPlan = {
  steps: 2000,
  rate: 0.01,
  schedule: 'cosine',
  optimizer: 'adamw',
  samples: 1,
  seed: 1,
};

/**
 * Networks from random starts, trained together.
 *   modes       each to the mode of the posterior: the prior is centred on zero
 *   randomised  each to a prior and targets of its own: centred on its start, with noise drawn for its targets. In linear
 *               regression these are samples of the posterior (Matthews et al. 2017; Pearce et al. 2020, arXiv:1810.05546)
 * @returns weights by parameter, one network for each seed
 */
export async function trainedNetworks(
  network: RegressionNetwork,
  data: RegressionData,
  seeds: readonly number[],
  towards: 'modes' | 'randomised' = 'modes',
): Promise<Tensors[]> {
  const all = parallel(network, seeds.length);
  const starts = seeds.map((seed) => startWeights(network, seed));
  const stacked = new Map(
    [...all.parameters].map(([name, shape]) => {
      const values = new Float32Array(elements(shape));
      for (const [p, start] of starts.entries()) {
        values.set(start.get(name)?.values ?? [], (p * values.length) / starts.length);
      }
      return [name, { shape, values }];
    }),
  );
  const randomised = towards === 'randomised';
  const noise = seeds.map((seed) => {
    const own = new Float32Array(data.y.length);
    if (randomised) normals({ seed, weightSample: 0, noiseStream: 0, purpose: 'initialise', step: 1 }, own);
    return own;
  });
  const y = Float32Array.from({ length: data.y.length * seeds.length }, (_, i) => {
    const [row, p] = [Math.floor(i / seeds.length), i % seeds.length];
    return (data.y[row] ?? 0) + data.noiseSigma * (noise[p]?.[row] ?? 0);
  });
  const family = new PointFamily(all);
  const { mean, sigma } = startPrior(all);
  const prior = { mean: randomised ? stacked : mean, sigma };
  const plan = { ...deterministic, prior };
  const trained = family
    .posterior(await trainFamily(all, family, { ...data, y }, family.start(stacked), plan))
    .mean();
  return seeds.map((_, p) => networkOf(network, trained, p));
}

/** Network p of several beside each other. */
export function networkOf(network: RegressionNetwork, all: Tensors, p: number): Tensors {
  return new Map(
    [...network.parameters].map(([name, shape]) => {
      const size = elements(shape);
      return [
        name,
        { shape, values: all.get(name)?.values.slice(p * size, (p + 1) * size) ?? new Float32Array(0) },
      ];
    }),
  );
}

/** One network for each start, with nothing drawn. */
export function deepEnsemble(networks: readonly Tensors[]): Posterior {
  return mixture(
    networks.map((weights) =>
      openPoint(new Map([...weights].map(([name, tensor]) => [`mean.${name}`, tensor]))),
    ),
  );
}

/** Variational: the family begins at the trained weights and learns centre and width together. */
async function variational(
  network: RegressionNetwork,
  data: RegressionData,
  family: WeightFamily,
  trained: Tensors,
): Promise<Posterior> {
  const prior = startPrior(network);
  const plan = { ...deterministic, rate: 0.005, samples: 8, prior };
  return family.posterior(await trainFamily(network, family, data, family.start(trained), plan));
}

export function meanField(network: RegressionNetwork, data: RegressionData, trained: Tensors) {
  const family = new MeanFieldFamily(network, { initialSigma: 0.05, floor: 0.1 });
  return variational(network, data, family, trained);
}

export function rankOne(network: RegressionNetwork, data: RegressionData, trained: Tensors) {
  const family = new RankOneFamily(network, { initialSigma: 0.05, priorSigma: 0.5 });
  return variational(network, data, family, trained);
}

export function dropout(network: RegressionNetwork, data: RegressionData, trained: Tensors) {
  return variational(network, data, new DropoutFamily(network, 0.1), trained);
}

/** Gradient descent with a constant rate on small batches, from the trained weights. */
export async function swag(
  network: RegressionNetwork,
  data: RegressionData,
  trained: Tensors,
): Promise<Posterior> {
  const collector = new SwagCollector(network.parameters, () => true, { rank: 30, everySteps: 25 });
  const family = new PointFamily(network);
  await trainFamily(network, family, data, family.start(trained), {
    steps: 5000,
    rate: 0.002,
    schedule: 'constant',
    optimizer: 'gradient descent',
    samples: 1,
    batch: 8,
    seed: 1,
    prior: startPrior(network),
    onStep(step, tensors) {
      if (collector.isDue(step)) collector.add(family.posterior(tensors).mean());
    },
  });
  return openSwag(collector.tensors());
}

/** The last matrix alone is unsure; the noise is known, the prior precision that of largest evidence. */
export async function lastLayerLaplace(
  network: RegressionNetwork,
  data: RegressionData,
  trained: Tensors,
): Promise<Posterior> {
  const { outputs, features } = await evaluate(network, [trained], data.x);
  const [output = new Float32Array(0), held = new Float32Array(0)] = [outputs[0], features[0]];
  const { parameter } = network.outputLayer;
  const accumulator = new LaplaceAccumulator(network.outputLayer, network.parameters.get(parameter) ?? []);
  accumulator.add(
    held,
    output.map((value, i) => (data.y[i] ?? 0) - value),
  );
  const fit = fitLastLayerLaplace(accumulator, trained, {
    temperature: 1,
    priorPrecision: 'evidence',
    noiseVariance: data.noiseSigma ** 2,
  });
  return openLastLayerLaplace(fit.tensors);
}
