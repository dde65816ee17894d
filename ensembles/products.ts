/**
 * What is kept of all members of one start, by lead and channel: mean, spread, and where the spread comes from, as
 * variances (unit squared) and as parts of the CRPS entropy (the channel's unit). Epistemic estimates below 0 are cut at
 * their points, which are counted; their area means are those before the cut.
 * Read from the member files lead by lead, so memory holds one field of all members.
 */
import { join } from 'node:path';
import { areaMean, gridSize, pointWeights } from '../core/grid.js';
import type { Schema } from '../core/schema.js';
import { decomposeCrps } from '../core/statistics/kernelDecomposition.js';
import { memberMoments } from '../core/statistics/moments.js';
import { decomposeVariance, type NestedDesign } from '../core/statistics/varianceDecomposition.js';
import { type MemberFile, openMemberFile } from '../core/store/memberFile.js';
import { createProductFile, type FieldSummary, productFileName } from '../core/store/productFile.js';

export const productStatistics = [
  'mean',
  'spread',
  'epistemic_variance',
  'aleatoric_variance',
  'epistemic_crps',
  'aleatoric_crps',
] as const;

export interface ProductsRequest {
  readonly directory: string;
  readonly schema: Schema;
  readonly start: number;
  readonly leadsHours: readonly number[];
  readonly design: NestedDesign;
  /** Member files of the start, in the order of their members. */
  readonly memberFiles: readonly string[];
}

export interface ProductsMade {
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

export async function makeProducts(request: ProductsRequest): Promise<ProductsMade> {
  const { directory, schema, start, leadsHours, design } = request;
  const points = gridSize(schema.grid);
  const channels = schema.channels.length;
  const members = design.weightSamples * design.noiseStreams;
  const file = productFileName(start);
  const files: MemberFile[] = [];
  const writer = await createProductFile(join(directory, file), { schema, start, leadsHours });
  try {
    for (const name of request.memberFiles) {
      files.push(await openMemberFile(join(directory, name), { schema, start, leadsHours }));
    }
    const all = new Float32Array(members * points);
    const weights = pointWeights(schema.grid);
    const field = (): Float32Array => new Float32Array(channels * points);
    const products = {
      mean: field(),
      spread: field(),
      epistemic_variance: field(),
      aleatoric_variance: field(),
      epistemic_crps: field(),
      aleatoric_crps: field(),
    } satisfies Record<(typeof productStatistics)[number], Float32Array>;
    for (let lead = 0; lead < leadsHours.length; lead++) {
      const summaries = {
        spread: [] as FieldSummary[],
        epistemic_variance: [] as FieldSummary[],
        epistemic_crps: [] as FieldSummary[],
      };
      for (let channel = 0; channel < channels; channel++) {
        let row = 0;
        for (const opened of files) {
          const { values } = await opened.read(lead, channel);
          all.set(values, row);
          row += values.length;
        }
        const part = (of: keyof typeof products): Float32Array =>
          products[of].subarray(channel * points, (channel + 1) * points);
        memberMoments(all, members, part('mean'), part('spread'));
        summaries.spread.push({ areaMean: Math.sqrt(areaMean(part('spread'), weights)), cutPoints: 0 });
        rootOf(part('spread'));
        decomposeVariance(all, design, part('epistemic_variance'), part('aleatoric_variance'), 'keep');
        decomposeCrps(all, design, part('epistemic_crps'), part('aleatoric_crps'), 'keep');
        for (const epistemic of ['epistemic_variance', 'epistemic_crps'] as const) {
          const estimate = part(epistemic);
          summaries[epistemic].push({
            areaMean: areaMean(estimate, weights),
            cutPoints: cutAtZero(estimate),
          });
        }
      }
      for (const each of Object.values(products)) nameNaN(each);
      await writer.append(products, summaries);
    }
    const written = await writer.commit();
    return { file, rows: productStatistics.length * leadsHours.length * channels, ...written };
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    for (const opened of files) await opened.close();
  }
}

function rootOf(variance: Float32Array): void {
  for (let i = 0; i < variance.length; i++) variance[i] = Math.sqrt(variance[i]!);
}

/** @returns how many were below it */
function cutAtZero(estimate: Float32Array): number {
  let cut = 0;
  for (let i = 0; i < estimate.length; i++) {
    if (estimate[i]! >= 0 || Number.isNaN(estimate[i]!)) continue;
    estimate[i] = 0;
    cut++;
  }
  return cut;
}

/** One bit pattern for all that is not a number: which of them arithmetic gives depends on how it was compiled. */
function nameNaN(field: Float32Array): void {
  const bits = new Uint32Array(field.buffer, field.byteOffset, field.length);
  for (let i = 0; i < field.length; i++) if (Number.isNaN(field[i]!)) bits[i] = 0x7fc00000;
}
