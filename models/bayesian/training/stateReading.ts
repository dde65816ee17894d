/**
 * Going through the states of a long series with a few of them in memory: fits add up their sums so. States that are
 * stored together are read together, within a bound, so that every piece of the store is decoded once a pass.
 */

/** States by position, read in stretches of consecutive times. */
export interface StateSource {
  /** Valid times, milliseconds since 1970, rising. */
  readonly times: Float64Array;
  /** Values of one state: channels × points. */
  readonly stateLength: number;
  /** Positions at which a piece begins that is stored, and best read, as a whole; rising, from 0. */
  readonly pieces: Int32Array;
  /** Writes `count` states from position `first` on, [time, channel, lat, lon]. */
  read(first: number, count: number, out: Float32Array): Promise<void>;
}

/** Bytes of states that a pass holds at the same time. */
export const passBytes = 64 * 2 ** 20;

export interface Visit {
  readonly position: number;
  /** [before + 1 + after, channel, lat, lon], oldest first; written over by the next visit. */
  readonly states: Float32Array;
}

/**
 * Visits chosen positions in the order of time, each with the states around it.
 * @param positions rising
 * @param around states before and after that are visited with each
 */
export async function* visitStates(
  source: StateSource,
  positions: ArrayLike<number>,
  { before = 0, after = 0 }: { readonly before?: number; readonly after?: number } = {},
  bytes: number = passBytes,
): AsyncGenerator<Visit> {
  const n = source.stateLength;
  const width = before + 1 + after;
  const most = Math.max(1, Math.floor(bytes / (4 * n)) - before - after);
  let buffer = new Float32Array(0);
  let piece = 0;
  for (let from = 0; from < positions.length; ) {
    const first = positions[from] ?? 0;
    while ((source.pieces[piece + 1] ?? Number.POSITIVE_INFINITY) <= first) piece++;
    const end = Math.min(first + most, source.pieces[piece + 1] ?? Number.POSITIVE_INFINITY);
    let to = from + 1;
    while (to < positions.length && (positions[to] ?? 0) < end) to++;
    const start = first - before;
    const count = (positions[to - 1] ?? 0) + after + 1 - start;
    if (buffer.length < count * n) buffer = new Float32Array(count * n);
    await source.read(start, count, buffer.subarray(0, count * n));
    for (let i = from; i < to; i++) {
      const position = positions[i] ?? 0;
      const at = (position - before - start) * n;
      yield { position, states: buffer.subarray(at, at + width * n) };
    }
    from = to;
  }
}
