/**
 * How fast steps go, from the first ones of one stage: building the graph, which comes before the first step, is left
 * out. Known once enough steps and seconds have gone by, and told once.
 */
import type { TrainingProgress } from '../../models/bayesian/training/trainer.js';

const enough = { steps: 8, seconds: 2 };

export class SpeedSample {
  #stage = '';
  #began = 0;
  #steps = 0;
  #flops = 0;
  #isTold = false;

  /** After each step. @returns operations per second, the one time that they are known; else null */
  after({ stage, flops }: Pick<TrainingProgress, 'stage' | 'flops'>): number | null {
    if (this.#isTold || flops === 0) return null;
    const now = performance.now();
    if (stage !== this.#stage) {
      this.#stage = stage;
      this.#began = now;
      this.#steps = 0;
      this.#flops = 0;
      return null;
    }
    this.#steps++;
    this.#flops += flops;
    const seconds = (now - this.#began) / 1000;
    if (this.#steps < enough.steps || seconds < enough.seconds) return null;
    this.#isTold = true;
    return this.#flops / seconds;
  }
}
