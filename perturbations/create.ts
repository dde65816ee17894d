/** The perturbations there are, by the plain data that names them: what a configuration, a manifest and a worker pass on. */
import type { Grid } from '../core/grid.js';
import type { Perturbation } from '../core/interfaces.js';
import { type CorrelatedFieldOptions, createCorrelatedField } from './correlatedField.js';
import {
  createStateDifference,
  type StateDifference,
  type StateDifferenceSource,
} from './stateDifference.js';

/** What is added at every step. */
export type PerturbationSource = { readonly kind: 'correlated' } & CorrelatedFieldOptions;
/** What is added to the initial state. */
export type InitialPerturbationSource = StateDifferenceSource;

/** @throws {PlumeError} usage, when the options do not fit the grid */
export function createPerturbation(source: PerturbationSource, grid: Grid): Perturbation {
  switch (source.kind) {
    case 'correlated':
      return createCorrelatedField(grid, source);
  }
}

/** @throws {PlumeError} usage, when the options do not fit the grid */
export function createInitialPerturbation(source: InitialPerturbationSource, grid: Grid): StateDifference {
  switch (source.kind) {
    case 'state-difference':
      return createStateDifference(grid, source);
  }
}
