/**
 * The epistemic stage of SWAG: a point trained at a constant rate, whose weights are added to a collector every so many
 * steps. What is collected lies in checkpoints under "swag.", and under "fixed." once the stage is done.
 * Maddox et al. 2019, arXiv:1902.02476, algorithm 1.
 */
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { Network } from '../networks/network.js';
import { partOf } from '../posteriors/parts.js';
import { SwagCollector } from '../posteriors/swagCollector.js';
import type { WeightFamily } from '../posteriors/weightFamily.js';
import type { CarriedTensors } from './carriedTensors.js';
import type { PosteriorPlan } from './stageFamily.js';
import type { Stage } from './stages.js';

export class SwagSnapshots {
  readonly #network: Network;
  readonly #collector: SwagCollector;

  private constructor(network: Network, collector: SwagCollector) {
    this.#network = network;
    this.#collector = collector;
  }

  /** Null where this stage of this posterior collects nothing. @param tensors of the checkpoint to go on from */
  static of(
    { network, posterior }: { readonly network: Network; readonly posterior: PosteriorPlan },
    stage: Stage,
    tensors: Tensors,
  ): SwagSnapshots | null {
    if (posterior.name !== 'swag' || stage.name !== 'epistemic') return null;
    const collected = partOf(tensors, 'swag');
    const state = collected.size === 0 ? undefined : collected;
    const isRandom = (name: string): boolean => network.isRandom(name);
    return new SwagSnapshots(network, new SwagCollector(network.parameters, isRandom, posterior.swag, state));
  }

  /** Takes a snapshot of the weights when `step` finished steps make one due. */
  async after(step: number, carried: CarriedTensors): Promise<void> {
    if (!this.#collector.isDue(step)) return;
    const weights = new Map<string, Tensor>();
    for (const [name, shape] of this.#network.parameters) {
      weights.set(name, { shape, values: await carried.numbers(`mean.${name}`) });
    }
    this.#collector.add(weights);
  }

  /** What a checkpoint holds of it. */
  state(): [string, Tensor][] {
    return [...this.#collector.state()].map(([name, tensor]) => [`swag.${name}`, tensor]);
  }

  /** The tensors of the finished stage: the posterior is fixed, its centre is what is handed on. */
  finished(tensors: Tensors, family: WeightFamily): Tensors {
    const collected = this.#collector.tensors();
    const all = new Map([...tensors].filter(([name]) => !name.startsWith('swag.')));
    for (const [name, tensor] of collected) all.set(`fixed.${name}`, tensor);
    for (const name of family.trainable.keys()) {
      const mean = collected.get(name);
      if (mean !== undefined) all.set(`best.${name}`, mean);
    }
    return all;
  }
}
