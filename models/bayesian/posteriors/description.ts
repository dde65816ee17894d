/**
 * A posterior as model.json describes it: its kind, how many networks it is made of, the seed of its draws, how it was
 * learned, and what its kind needs besides. Its tensors lie in weights.arrow as "<component>.<part>.<parameter>".
 */
import { z } from 'zod';

const positive = z.number().positive();
const whole = z.number().int().nonnegative();

const everyKind = {
  /** P, networks trained from different starts; weight sample k belongs to component k mod P. */
  components: z.number().int().positive(),
  /** Seed of the weight draws: part of the model, so that a weight sample is the same in every run. */
  seed: whole,
};

const uncertain = {
  ...everyKind,
  /** Temperature of the draws: multiplies the deviation of each weight sample from the mean of its component. */
  scale: z.number().nonnegative(),
};

const variational = {
  ...uncertain,
  /** σ_p relative to the root mean square of each trained tensor; of rank-one factors, which are near 1, as it is. */
  prior_sigma: positive,
  /** Factor on KL(q‖p)/N in training. */
  beta: z.number().nonnegative(),
};

export const posteriorDescription = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('point'), ...everyKind }),
  z.strictObject({ kind: z.literal('mean-field'), ...variational }),
  z.strictObject({ kind: z.literal('rank-one'), ...variational }),
  z.strictObject({
    kind: z.literal('dropout'),
    ...variational,
    /** p, the share of hidden units that a weight sample goes without. */
    rate: z.number().min(0).lt(1),
  }),
  z.strictObject({
    kind: z.literal('swag'),
    ...uncertain,
    /** Deviations from the mean that are kept of each random parameter. */
    rank: z.number().int().min(2),
  }),
  z.strictObject({
    kind: z.literal('last-layer-laplace'),
    ...uncertain,
    /** T, training rows that say as much as one independent row; τ of the prior. Of each component. */
    temperature: z.array(positive),
    prior_precision: z.array(positive),
  }),
]);

export type PosteriorDescription = Readonly<z.infer<typeof posteriorDescription>>;
