/** The posteriors that a training can make, as in `--posterior`; which family of weights each trains is stageFamily.ts. */
export const posteriorNames = [
  'mean-field',
  'rank-one',
  'dropout',
  'swag',
  'last-layer-laplace',
  'deep-ensemble',
] as const;
export type PosteriorName = (typeof posteriorNames)[number];
