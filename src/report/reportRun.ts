/** A run as far as the report reads it; core/store's RunReader is one. */
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';

export interface ReportRun extends EnsembleSource {
  readonly manifest: EnsembleSource['manifest'] & {
    readonly plume: string;
    readonly seed: number;
    readonly model: unknown;
    readonly perturbation: unknown;
    readonly device: unknown;
    readonly settings: unknown;
    readonly config: unknown;
  };
}
