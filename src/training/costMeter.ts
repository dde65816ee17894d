/**
 * What a training costs as it goes on: wall time and matrix-product operations of every stage of every component, summed
 * over the commands that a training may take. Operations are those of the steps that this process took.
 */
import type { TrainingProgress } from '../../models/bayesian/training/trainer.js';
import type { TrainingCost } from './trainingAccount.js';

type StageCost = TrainingCost['stages'][number];

export class CostMeter {
  readonly #before: TrainingCost | null;
  readonly #stages: Map<string, StageCost>;
  readonly #began = performance.now();
  #last = performance.now();
  #flops = 0;
  #stepSeconds = 0;
  #calibrationSeconds = 0;

  /** @param before of the commands that this training took already */
  constructor(before: TrainingCost | null) {
    this.#before = before;
    this.#stages = new Map((before?.stages ?? []).map((stage) => [keyOf(stage), { ...stage }]));
  }

  /** From here on, time is that of steps. */
  begin(): void {
    this.#last = performance.now();
  }

  step(component: number, { stage, flops }: Pick<TrainingProgress, 'stage' | 'flops'>): void {
    const seconds = this.#lap();
    const name = stage as StageCost['stage'];
    const key = keyOf({ component, stage: name });
    const so = this.#stages.get(key) ?? { component, stage: name, steps: 0, seconds: 0, gigaflop: 0 };
    this.#stages.set(key, {
      ...so,
      steps: so.steps + (flops > 0 ? 1 : 0),
      seconds: so.seconds + seconds,
      gigaflop: so.gigaflop + flops / 1e9,
    });
    this.#flops += flops;
    this.#stepSeconds += seconds;
  }

  calibrated(): void {
    this.#calibrationSeconds += this.#lap();
  }

  /** Of this process: operations, the seconds of its steps, their rate. */
  get flops(): number {
    return this.#flops;
  }

  get stepSeconds(): number {
    return this.#stepSeconds;
  }

  get gigaflopsPerSecond(): number {
    return this.#stepSeconds > 0 ? this.#flops / 1e9 / this.#stepSeconds : 0;
  }

  /** Of all commands so far. */
  cost(memoryForetoldBytes: number): TrainingCost {
    const before = this.#before;
    return {
      runs: (before?.runs ?? 0) + 1,
      seconds: (before?.seconds ?? 0) + (performance.now() - this.#began) / 1000,
      calibration_seconds: (before?.calibration_seconds ?? 0) + this.#calibrationSeconds,
      stages: [...this.#stages.values()],
      memory_foretold_bytes: Math.max(before?.memory_foretold_bytes ?? 0, memoryForetoldBytes),
      memory_peak_bytes: Math.max(before?.memory_peak_bytes ?? 0, process.resourceUsage().maxRSS * 1024),
    };
  }

  #lap(): number {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    return seconds;
  }
}

function keyOf({ component, stage }: Pick<StageCost, 'component' | 'stage'>): string {
  return `${component} ${stage}`;
}
