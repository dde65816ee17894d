/**
 * The dycore as a forecast model: one map from a state on the regular grid to the state six hours later. A state holds
 * the pressure-level and surface channels that people look at, and the model-level channels that the map reads; so an
 * archive of the nature run is its own restart file, and a forecast from an unperturbed analysis is the nature run.
 */
import type { Grid } from '../../core/grid.js';
import type { ForecastModel, StepRequest, StepResult } from '../../core/interfaces.js';
import type { Channel, Schema } from '../../core/schema.js';
import { Dycore, type DycoreConfig, segmentHours } from './dycore.js';
import { NatureGrid, natureGrid, prognosticCount } from './natureGrid.js';
import { diagnosePressureChannels, pressureChannels } from './pressureChannels.js';
import type { SpectralState } from './spectralState.js';

/** Of `plume nature` and of every nature archive: the channels that are looked at, then those that are integrated. */
export function natureSchema(config: DycoreConfig): Schema {
  return {
    channels: [...pressureChannels, ...modelLevelChannels(config.levels)],
    grid: natureGrid(config.truncation),
  };
}

/** ζ, divergence and temperature on sigma levels from the top down, and ln pₛ. */
export function modelLevelChannels(levels: number): Channel[] {
  const onLevels = (name: string, unit: string): Channel[] =>
    Array.from({ length: levels }, (_, k) => ({ variable: `${name}_ml${k + 1}`, level: null, unit }));
  return [
    ...onLevels('vo', 's-1'),
    ...onLevels('d', 's-1'),
    ...onLevels('t', 'K'),
    { variable: 'lnsp', level: null, unit: '1' },
  ];
}

export function isModelLevelChannel({ variable }: Channel): boolean {
  return variable === 'lnsp' || /_ml\d+$/.test(variable);
}

/** One dycore with its grid: a lane's working memory, used for one state after the other. */
export class NatureStepper {
  readonly config: DycoreConfig;
  readonly schema: Schema;
  readonly #dycore: Dycore;
  readonly #grid: NatureGrid;
  readonly #prognosticAt: number;

  constructor(config: DycoreConfig) {
    this.config = config;
    this.schema = natureSchema(config);
    this.#dycore = new Dycore(config);
    this.#grid = new NatureGrid(config.truncation, config.levels);
    this.#prognosticAt = pressureChannels.length * this.#grid.points;
  }

  get grid(): Grid {
    return this.#grid.grid;
  }

  /** Values of one state, channels × points. */
  get stateLength(): number {
    return this.#prognosticAt + this.prognosticLength;
  }

  /** Values of the model-level channels alone. */
  get prognosticLength(): number {
    return prognosticCount(this.config.levels) * this.#grid.points;
  }

  /**
   * Six hours on.
   * @param state [channel, lat, lon] of the schema, of which only the model-level channels are read
   * @param out same shape; may be the same array
   * @throws {PlumeError} data, when the integration breaks, naming step and level
   */
  step(state: Float32Array, out: Float32Array): void {
    this.stepFrom(state.subarray(this.#prognosticAt), out);
  }

  /** The same from the model-level channels alone, [3 L + 1, lat, lon]. */
  stepFrom(prognostic: Float32Array, out: Float32Array): void {
    const spectral = this.#grid.fromGrid(prognostic);
    this.#dycore.advance(spectral, segmentHours);
    this.write(spectral, out);
  }

  /** All channels of a state. */
  write(spectral: SpectralState, out: Float32Array): void {
    this.#grid.toGrid(spectral, out.subarray(this.#prognosticAt));
    const { full, half } = this.#dycore.levels;
    diagnosePressureChannels(this.#grid.fields(spectral), full, half, out.subarray(0, this.#prognosticAt));
  }
}

export class NatureModel implements ForecastModel {
  readonly schema: Schema;
  readonly stepHours = segmentHours;
  readonly historyLength = 1;
  readonly #stepper: NatureStepper;
  #mean = new Float32Array(0);

  constructor(config: DycoreConfig) {
    this.#stepper = new NatureStepper(config);
    this.schema = this.#stepper.schema;
  }

  step({ weightSamples, rowsPerSample, history }: StepRequest): Promise<StepResult> {
    const rows = weightSamples.length * rowsPerSample;
    const n = this.#stepper.stateLength;
    const states = history[0] ?? new Float32Array(rows * n);
    if (this.#mean.length !== rows * n) this.#mean = new Float32Array(rows * n);
    for (let row = 0; row < rows; row++) {
      this.#stepper.step(
        states.subarray(row * n, (row + 1) * n),
        this.#mean.subarray(row * n, (row + 1) * n),
      );
    }
    return Promise.resolve({ mean: this.#mean, amplitude: null });
  }

  memoryBytes(_weightSamples: number, batchRows: number): number {
    const { truncation, levels } = this.#stepper.config;
    // grid and spectral batches of the Gaussian and the regular grid, 8 bytes, some three of them at a time
    const points = (4.5 * (truncation + 1) ** 2 + 2 * (truncation + 1) ** 2) * 2;
    return 3 * 8 * points * (11 * levels + 4) + 4 * batchRows * this.#stepper.stateLength;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
