/** Models by kind: the one place that knows which file opens what. */
import type { ForecastModel } from '../core/interfaces.js';
import { openBayesianModel } from './bayesian/model.js';
import type { SessionOptions } from './onnx/session.js';

/** Names a model so that a worker can open it: plain data. */
export interface ModelSource {
  readonly kind: 'bayesian';
  readonly directory: string;
}

/** @throws {PlumeError} data, when there is no intact model of that kind */
export function openModel(source: ModelSource, options: SessionOptions): Promise<ForecastModel> {
  switch (source.kind) {
    case 'bayesian':
      return openBayesianModel(source.directory, options);
  }
}
