/** Persistence: tomorrow is as today. A single field, so its CRPS is the area mean of |error|. */
import type { ReferenceMethod } from './reference.js';

export const persistence: ReferenceMethod = {
  name: 'persistence',
  kind: 'deterministic',
  states: 0,
  fit: () => ({
    name: 'persistence',
    summary: 'the analysis itself',
    inputHours: [0],
    predict: (inputs) => ({ kind: 'deterministic', values: inputs[0]! }),
  }),
};
