/**
 * A network's configuration as JSON, checked: as model.json holds it, and as plume train --network FILE takes it. Every
 * kind of network has one entry here, with the keys of its configuration and what they may be.
 */
import { z } from 'zod';
import { knownFields } from './earthPlanes.js';
import { plainRegional } from './regionalShapes.js';

const whole = z.number().int().nonnegative();
const positiveWhole = z.number().int().positive();
/** Levels, rows, columns. */
const extent = z.tuple([positiveWhole, positiveWhole, positiveWhole]).readonly();

export const networkConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('regional'),
    eofs: whole,
    hidden: whole,
    channels: whole,
    layers: whole,
    kernel: whole,
    stride: whole,
    stem: whole,
    harmonics: whole,
    history: z.union([z.literal(2), z.literal(3)]).default(plainRegional.history),
    past: z.enum(['states', 'differences']).default(plainRegional.past),
    context: z.enum(['learned', 'channels']).default(plainRegional.context),
    entry: positiveWhole.default(plainRegional.entry),
    edges: z.enum(['zero', 'repeat']).default(plainRegional.edges),
    updates: z.enum(['adamw', 'muon']).default(plainRegional.updates),
  }),
  z.strictObject({
    kind: z.literal('global'),
    wavenumbers: positiveWhole,
    modes: positiveWhole,
    channels: positiveWhole,
    layers: whole,
    overlap: whole,
    truncation: whole.default(0),
  }),
  z.strictObject({
    kind: z.literal('earth-transformer'),
    patch: extent,
    window: extent,
    channels: positiveWhole,
    heads: z.tuple([positiveWhole, positiveWhole, positiveWhole, positiveWhole]).readonly(),
    depths: z.tuple([whole, whole, whole, whole]).readonly(),
    mlpRatio: positiveWhole,
    norm: z.enum(['post', 'pre']),
    historyLength: z.union([z.literal(1), z.literal(2)]),
    harmonics: whole,
    constants: z.array(z.enum(knownFields)).readonly(),
    updates: z.enum(['adamw', 'muon']),
  }),
]);

/** Descriptions written before there were kinds name none: they are of regional networks. */
function kindOrRegional(network: unknown): unknown {
  const old = typeof network === 'object' && network !== null && !('kind' in network);
  return old ? { kind: 'regional', ...network } : network;
}

/** As model.json holds it, of any version. */
export const networkDescription = z.preprocess(kindOrRegional, networkConfig);
