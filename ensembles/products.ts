/**
 * What is kept of all members of one start: mean, spread, and the two variances, by lead and channel.
 * Read from the member files lead by lead, so memory holds one field of all members.
 */
import { join } from 'node:path';
import { gridSize } from '../core/grid.js';
import type { Schema } from '../core/schema.js';
import { memberMoments } from '../core/statistics/moments.js';
import { decomposeVariance, type NestedDesign } from '../core/statistics/varianceDecomposition.js';
import { type MemberFile, openMemberFile } from '../core/store/memberFile.js';
import { createProductFile, productFileName } from '../core/store/productFile.js';

export const productStatistics = ['mean', 'spread', 'epistemic_variance', 'aleatoric_variance'] as const;

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
    const products = {
      mean: new Float32Array(channels * points),
      spread: new Float32Array(channels * points),
      epistemic_variance: new Float32Array(channels * points),
      aleatoric_variance: new Float32Array(channels * points),
    } satisfies Record<(typeof productStatistics)[number], Float32Array>;
    for (let lead = 0; lead < leadsHours.length; lead++) {
      for (let channel = 0; channel < channels; channel++) {
        let row = 0;
        for (const opened of files) {
          const { values } = await opened.read(lead, channel);
          all.set(values, row);
          row += values.length;
        }
        const part = (field: Float32Array): Float32Array =>
          field.subarray(channel * points, (channel + 1) * points);
        memberMoments(all, members, part(products.mean), part(products.spread));
        part(products.spread).forEach((variance, i, spread) => {
          spread[i] = Math.sqrt(variance);
        });
        decomposeVariance(all, design, part(products.epistemic_variance), part(products.aleatoric_variance));
      }
      for (const field of Object.values(products)) nameNaN(field);
      await writer.append(products);
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

/** One bit pattern for all that is not a number: which of them arithmetic gives depends on how it was compiled. */
function nameNaN(field: Float32Array): void {
  const bits = new Uint32Array(field.buffer, field.byteOffset, field.length);
  for (let i = 0; i < field.length; i++) if (Number.isNaN(field[i]!)) bits[i] = 0x7fc00000;
}
