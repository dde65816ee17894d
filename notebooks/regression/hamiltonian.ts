/**
 * The exact posterior of a small network, by Hamiltonian Monte Carlo: what the approximations are measured against.
 * Weights in units of their prior, u = w/σ_p, move under U(u) = Σ (y − f)²/(2 s²) + ½ ‖u‖² with momenta of unit mass,
 * by leapfrog steps, and the end of a trajectory is kept with probability min(1, exp(H − H′)).
 * Neal 2011, arXiv:1206.1901, figure 2; for networks Izmailov et al. 2021, arXiv:2104.14421. Chains run beside each other.
 */
import { normals, uniforms } from '../../core/random/stream.js';
import type { Tensors } from '../../core/store/tensorFile.js';
import { mixture } from '../../models/bayesian/posteriors/mixture.js';
import { openPoint } from '../../models/bayesian/posteriors/point.js';
import type { Posterior } from '../../models/bayesian/posteriors/posterior.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { elements, type Graph, type Shape, type Value } from '../../models/graph/graph.js';
import { createOnnxExecutor, type OnnxExecutor, tensorData } from '../../models/graph/onnxExecutor.js';
import type { RegressionNetwork } from './network.js';
import type { RegressionData } from './training.js';

export interface ChainPlan {
  /** Trajectories, the first of which are thrown away. */
  readonly trajectories: number;
  readonly warmUp: number;
  /** Leapfrog steps of a trajectory, and how long each is. */
  readonly leapfrogs: number;
  readonly stepSize: number;
  readonly seed: number;
}

export interface Chains {
  /** Sample k of trajectory ⌊k/P⌋ after the warm-up, chain k mod P. */
  readonly posterior: Posterior;
  readonly count: number;
  /** Share of trajectories kept. */
  readonly accepted: number;
}

/** Leapfrog steps in one run of the graph. */
const unrolled = 10;

/** @param starts where each chain begins: weights by parameter */
export async function hamiltonianChains(
  network: RegressionNetwork,
  data: RegressionData,
  starts: readonly Tensors[],
  plan: ChainPlan,
): Promise<Chains> {
  const names = [...network.parameters.keys()];
  const sizes = [...network.parameters.values()].map(elements);
  const chains = starts.length;
  const executor = await createOnnxExecutor(trajectoryGraph(network, data, chains, plan), {
    device: 'cpu',
    threads: 1,
  });
  let places: State = names.map((name) => {
    const scale = network.initialScale(name);
    return Float32Array.from(
      starts.flatMap((start) => [...(start.get(name)?.values ?? [])]),
      (w) => w / scale,
    );
  });
  let potential = (
    await trajectory(
      executor,
      names,
      places,
      sizes.map((size) => new Float32Array(size * chains)),
      0,
    )
  ).potential;
  const samples: Posterior[] = [];
  let accepted = 0;
  for (let index = 0; index < plan.trajectories; index++) {
    const key = { seed: plan.seed, weightSample: 0, purpose: 'training', step: index } as const;
    const momenta = sizes.map((size, i) => {
      const out = new Float32Array(size * chains);
      normals({ ...key, noiseStream: i }, out);
      return out;
    });
    const before = kinetic(momenta, chains);
    let now: Trajectory = { places, momenta, potential };
    for (let done = 0; done < plan.leapfrogs; done += unrolled) {
      now = await trajectory(executor, names, now.places, now.momenta, plan.stepSize);
    }
    const after = kinetic(now.momenta, chains);
    const chance = new Float64Array(chains);
    uniforms({ ...key, noiseStream: sizes.length }, chance);
    const kept = Array.from(chance, (uniform, c) => {
      const change = (potential[c] ?? 0) + (before[c] ?? 0) - (now.potential[c] ?? 0) - (after[c] ?? 0);
      return Math.log(uniform) < change;
    });
    places = places.map((values, i) => {
      const size = sizes[i] ?? 0;
      return values.map((value, at) =>
        kept[Math.floor(at / size)] ? (now.places[i]?.[at] ?? value) : value,
      );
    });
    potential = potential.map((value, c) => (kept[c] ? (now.potential[c] ?? value) : value));
    accepted += kept.filter(Boolean).length / (chains * plan.trajectories);
    if (index >= plan.warmUp) for (let c = 0; c < chains; c++) samples.push(sampleOf(network, places, c));
  }
  await executor.release();
  return { posterior: mixture(samples), count: samples.length, accepted };
}

/** One array a parameter, [chain, ...shape]. */
type State = Float32Array[];

interface Trajectory {
  readonly places: State;
  readonly momenta: State;
  /** U by chain. */
  readonly potential: Float32Array;
}

async function trajectory(
  executor: OnnxExecutor,
  names: readonly string[],
  places: State,
  momenta: State,
  stepSize: number,
): Promise<Trajectory> {
  const feeds: Record<string, Float32Array> = { stepSize: Float32Array.of(stepSize) };
  names.forEach((name, i) => {
    feeds[`place.${name}`] = places[i] ?? new Float32Array(0);
    feeds[`momentum.${name}`] = momenta[i] ?? new Float32Array(0);
  });
  const outputs = await executor.run(feeds);
  return {
    places: names.map((name) => tensorData(outputs[`next.place.${name}`]).slice()),
    momenta: names.map((name) => tensorData(outputs[`next.momentum.${name}`]).slice()),
    potential: tensorData(outputs.potential).slice(),
  };
}

function trajectoryGraph(
  network: RegressionNetwork,
  data: RegressionData,
  chains: number,
  { leapfrogs }: ChainPlan,
): Graph {
  if (leapfrogs % unrolled !== 0)
    throw new Error(`${leapfrogs} leapfrog steps are no multiple of ${unrolled}`);
  const b = new GraphBuilder();
  const names = [...network.parameters.keys()];
  const shapes = [...network.parameters.values()].map((shape): Shape => [chains, ...shape]);
  let places = names.map((name, i) => b.input(`place.${name}`, shapes[i] ?? []));
  let momenta = names.map((name, i) => b.input(`momentum.${name}`, shapes[i] ?? []));
  const stepSize = b.input('stepSize', []);
  const half = b.mul(stepSize, b.scalar(0.5));
  const rows = data.y.length;
  const x = b.constant(data.x, [1, rows, network.inputs]);
  const y = b.constant(data.y, [1, rows, 1]);

  const potentialAt = (at: readonly Value[]): Value => {
    const scaled = at.map((u, i) => b.mul(u, b.scalar(network.initialScale(names[i] ?? ''))));
    const weights = new Map(names.map((name, i) => [name, scaled[i] ?? stepSize]));
    const error = b.sub(network.forward(b, weights, x).output, y);
    const fit = b.mul(b.reduceSum(b.mul(error, error), [1, 2]), b.scalar(1 / (2 * data.noiseSigma ** 2)));
    const squares = at.map((u) =>
      b.reduceSum(
        b.mul(u, u),
        u.shape.slice(1).map((_, axis) => axis + 1),
      ),
    );
    return b.add(fit, b.mul(b.sum(squares), b.scalar(0.5)));
  };
  // chains do not touch: the gradient of the sum of their potentials is that of each
  const force = (at: readonly Value[]): Value[] => gradient(b, b.reduceSum(potentialAt(at)), at);
  const kicked = (by: Value, gradients: readonly Value[]): Value[] =>
    momenta.map((momentum, i) => b.sub(momentum, b.mul(by, gradients[i] ?? momentum)));
  momenta = kicked(half, force(places));
  for (let step = 1; step <= unrolled; step++) {
    places = places.map((place, i) => b.add(place, b.mul(stepSize, momenta[i] ?? place)));
    momenta = kicked(step < unrolled ? stepSize : half, force(places));
  }
  names.forEach((name, i) => {
    b.output(`next.place.${name}`, places[i] ?? stepSize);
    b.output(`next.momentum.${name}`, momenta[i] ?? stepSize);
  });
  b.output('potential', potentialAt(places));
  return b.build();
}

/** ½ ‖p‖² by chain. */
function kinetic(momenta: State, chains: number): Float64Array {
  const energy = new Float64Array(chains);
  for (const values of momenta) {
    const size = values.length / chains;
    for (const [at, value] of values.entries()) {
      const chain = Math.floor(at / size);
      energy[chain] = (energy[chain] ?? 0) + 0.5 * value * value;
    }
  }
  return energy;
}

function sampleOf(network: RegressionNetwork, places: State, chain: number): Posterior {
  const weights = [...network.parameters].map(([name, shape], i) => {
    const size = elements(shape);
    const scale = network.initialScale(name);
    const values = (places[i] ?? new Float32Array(0)).slice(chain * size, (chain + 1) * size);
    return [`mean.${name}`, { shape, values: values.map((u) => scale * u) }] as const;
  });
  return openPoint(new Map(weights));
}
