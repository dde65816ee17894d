/**
 * EOFs of a series that need not be in memory: sums of products are added up state by state, and what is held is a Gram
 * matrix of the smaller of points and times, and a few states. The numbers are those of `leadingEofs` on the whole series.
 * Times × times needs every pair of states: the series is then read about once for every so many states as memory holds.
 * The eigenvectors of a matrix of size s take 8 s² bytes and s³ operations, so more than `mostStates` states on more
 * points than that are thinned to as many, spread evenly.
 */
import { addGram } from '../../../core/linear/denseProduct.js';
import { addPattern, type Eofs, eofsOfCovariance, seriesOfGram } from '../../../core/linear/eofs.js';
import { type AnomalySource, completePositions } from './anomalySource.js';
import { passBytes, visitStates } from './stateReading.js';

export interface StreamedEofs extends Eofs {
  /** States that the sums are over. */
  readonly times: number;
}

export const mostStates = 4096;

/**
 * @param root [point]: root of the area weight
 * @param share of the total variance that the EOFs kept must hold, below 1
 * @param most EOFs kept at most
 * @param bytes of states held at the same time
 */
export async function streamedEofs(
  source: AnomalySource,
  root: Float64Array,
  { share, most, bytes = passBytes }: { share: number; most: number; bytes?: number },
): Promise<StreamedEofs> {
  const n = source.stateLength;
  const all = completePositions(source);
  const positions = n > mostStates ? thinned(all, mostStates) : all;
  const times = positions.length;
  if (n <= times) {
    const gram = new Float64Array(n * n);
    await eachWeighted(source, positions, root, (row) => addGram(row, n, row, n, 0, 1, gram));
    return { ...eofsOfCovariance(gram, n, share, most), times };
  }
  const gram = await timeProducts(source, positions, root, Math.max(1, Math.floor(bytes / (8 * n))));
  const { series, ...eofs } = seriesOfGram(gram, times, share, most);
  const patterns = new Float64Array(n * eofs.count);
  await eachWeighted(source, positions, root, (row, t) => addPattern(series, t, eofs.count, row, patterns));
  return { patterns, ...eofs, times };
}

function thinned(positions: Int32Array, most: number): Int32Array {
  const count = Math.min(most, positions.length);
  return Int32Array.from(
    { length: count },
    (_, i) => positions[Math.floor((i * positions.length) / count)] ?? 0,
  );
}

async function eachWeighted(
  source: AnomalySource,
  positions: Int32Array,
  root: Float64Array,
  visit: (weighted: Float64Array, index: number) => void,
): Promise<void> {
  const weighted = new Float64Array(root.length);
  let index = 0;
  for await (const { states } of visitStates(source, positions)) {
    for (let i = 0; i < root.length; i++) weighted[i] = states[i]! * root[i]!;
    visit(weighted, index++);
  }
}

/** [time, time]: a block of states is held while those from it on pass by. */
async function timeProducts(
  source: AnomalySource,
  positions: Int32Array,
  root: Float64Array,
  block: number,
): Promise<Float64Array> {
  const times = positions.length;
  const n = source.stateLength;
  const gram = new Float64Array(times * times);
  const held = new Float64Array(Math.min(block, times) * n);
  for (let first = 0; first < times; first += block) {
    await eachWeighted(source, positions.subarray(first), root, (row, index) => {
      if (index < block) held.set(row, index * n);
      for (let j = 0; j < Math.min(block, index + 1); j++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += row[i]! * held[j * n + i]!;
        gram[(first + index) * times + first + j] = sum;
        gram[(first + j) * times + first + index] = sum;
      }
    });
  }
  return gram;
}
