/**
 * Fair CRPS as WebAssembly, written at run time for one number of members up to 128: each value is a local, members are
 * sorted by a network (sortingNetwork.ts) and summed as they come out of it, four points at a time.
 *
 *   score(from, groups, truth, out, flags, scratch, ahead)
 *       members [member, rowBytes] at `from`, truth [4 · groups] float32 → CRPS [4 · groups] float64 at `out`;
 *       [group] int32 at `flags`: the bit of each point with a value that is not finite, whose result means nothing
 *
 * With errors e = x − y, sorted e_(0) ≤ … (Ferro 2014, eq. 8; the pair sum by ranks):
 *   CRPS = Σ |e_i| / M − 2 / (M (M − 1)) · Σ_r v_r e_(r),   v_r = r − (M − 1)/2
 * The last layer of the network compares neighbours, and needs no more than their larger one:
 *   v min(a, b) + (v + 1) max(a, b) = v (a + b) + max(a, b)
 * Errors, weights and sums of eight terms are float32, all else float64: off by 3 · 10⁻⁸ of the mean |e| (root of
 * the mean square of 10⁴ points, 50 members; at most 1.3 · 10⁻⁷), which is the rounding of the members themselves.
 *
 * A core waits for memory rather than compute, and WebAssembly has no prefetch. So each group touches as many cache lines
 * as it has itself, from `ahead` on: a stretch of one member's row, which the caller will want soon. Rows read one after
 * the other come at the full speed of memory, while all rows at once, a little of each, come at half of it.
 */
import { sortingNetwork } from './sortingNetwork.js';
import {
  advance,
  type Code,
  float64,
  lineBytes,
  moduleOf,
  op,
  registers,
  repeat,
  vector,
} from './wasmEncoding.js';

export interface FairCrpsExports {
  /** Addresses in bytes; groups: 1 or more. */
  score(
    from: number,
    groups: number,
    truth: number,
    out: number,
    flags: number,
    scratch: number,
    ahead: number,
  ): void;
}

const [from, groups, truth, out, flags, scratch, ahead] = [0, 1, 2, 3, 4, 5, 6];
/** Locals: the truth, sums under way, members. */
const [y, distanceSum, pairSum, first] = [7, 8, 9, 10];
/** That are summed up in float32. */
const terms = 8;

/** How the scratch of a thread lies: [member][4] float32, weights [member] float32, then sums [sum][4] float32. */
export function fairCrpsScratch(members: number): { readonly weights: number; readonly bytes: number } {
  const weights = vector * members;
  return { weights, bytes: weights + vector * (Math.ceil(members / 4) + 2 * members + 2) };
}

/** v_r of each rank: what the caller writes to the scratch once. */
export function rankWeights(members: number): Float32Array {
  return Float32Array.from({ length: members }, (_, rank) => rank - (members - 1) / 2);
}

/** Cache lines that are touched by a group. */
export function linesAhead(members: number): number {
  return Math.ceil((members * vector) / lineBytes);
}

/** @param maximumPages of the shared memory that the module imports as env.memory */
export function fairCrpsModule(members: number, rowBytes: number, maximumPages: number): WebAssembly.Module {
  const { stretches, order } = sortingNetwork(members, registers);
  const rank = new Map(order.map((place, r) => [place, r]));
  const { weights } = fairCrpsScratch(members);
  const lastExchange = new Map(stretches.flat().flatMap((pair) => pair.map((place) => [place, pair])));
  const code: Code[] = [op.get, truth, op.load, 0, op.set, y];

  // Sums of a few terms lie in the scratch until the end.
  let sumsAt = weights + vector * Math.ceil(members / 4);
  const summer = (local: number) => {
    const sums: number[] = [];
    let summed = 0;
    const putAway = (): void => {
      if (summed === 0) return;
      code.push(op.get, scratch, op.get, local, op.store, sumsAt);
      sums.push(sumsAt);
      sumsAt += vector;
      summed = 0;
    };
    const add = (...term: Code[]): void => {
      code.push(...term);
      if (summed > 0) code.push(op.get, local, op.f32x4Add);
      code.push(op.set, local);
      if (++summed === terms) putAway();
    };
    return { sums, add, putAway };
  };
  const distances = summer(distanceSum);
  const pairs = summer(pairSum);

  const row = (place: number): number => vector * rank.get(place)!;
  const weighted = (...value: Code[]): Code[] => [...value, op.f32x4Mul];
  const weight = (place: number): Code[] => [op.get, scratch, op.load32Splat, weights + 4 * rank.get(place)!];
  const seen = new Set<number>();
  const load = (place: number): void => {
    if (seen.has(place)) {
      code.push(op.get, scratch, op.load, row(place), op.set, first + place);
      return;
    }
    seen.add(place);
    code.push(op.get, from, op.load, place * rowBytes, op.get, y, op.f32x4Sub, op.set, first + place);
    distances.add(op.get, first + place, op.f32x4Abs);
  };

  const exchanges = stretches.reduce((n, stretch) => n + stretch.length, 0);
  const lines = linesAhead(members);
  let touched = 0;
  let done = 0;
  /** Spread evenly: a load that waits for memory holds up all that comes later. */
  const touch = (): void => {
    for (; touched < lines && touched * exchanges <= done * lines; touched++)
      code.push(op.get, ahead, op.i32Load8, lineBytes * touched, op.drop);
    done++;
  };

  for (const stretch of stretches) {
    const last = new Map(stretch.flatMap((pair) => pair.map((place) => [place, pair])));
    const held = new Set<number>();
    for (const pair of stretch) {
      touch();
      for (const place of pair) {
        if (!held.has(place)) load(place);
        held.add(place);
      }
      const [low, high] = pair;
      const both: Code[] = [op.get, first + low, op.get, first + high];
      const final = pair.filter((place) => lastExchange.get(place) === pair);
      if (final.length === 2) {
        pairs.add(...weighted(...both, op.f32x4Add, ...weight(low)), ...both, op.f32x4PMax, op.f32x4Add);
      } else {
        code.push(...both, op.f32x4PMin, ...both, op.f32x4PMax, op.set, first + high, op.set, first + low);
        for (const place of pair) {
          if (final.includes(place)) pairs.add(...weighted(op.get, first + place, ...weight(place)));
          else if (last.get(place) === pair)
            code.push(op.get, scratch, op.get, first + place, op.store, row(place));
        }
      }
    }
    distances.putAway();
  }
  // A single member is compared with none.
  if (members === 1) {
    load(0);
    distances.putAway();
  }
  pairs.putAway();

  const total = (sums: readonly number[], offset: number): Code[] =>
    sums.flatMap((at, i) => [
      ...[op.get, scratch, op.load64Zero, at + offset, op.f64x2Promote],
      ...(i > 0 ? [op.f64x2Add] : []),
    ]);
  const times = (factor: number): Code[] => [op.f64Const, float64(factor), op.f64x2Splat, op.f64x2Mul];
  // One member has no pair: 2 / 0 · 0 is NaN
  const pairFactor = members > 1 ? 2 / (members * (members - 1)) : Number.NaN;
  for (const half of [0, 1]) {
    code.push(op.get, out, ...total(distances.sums, 8 * half), ...times(1 / members));
    code.push(...total((members > 1 ? pairs : distances).sums, 8 * half), ...times(pairFactor));
    code.push(op.f64x2Sub, op.store, vector * half);
  }
  // x − x is 0 for finite x, else NaN, which is not itself.
  distances.sums.forEach((at, i) => {
    code.push(op.get, scratch, op.load, at, ...(i > 0 ? [op.f32x4Add] : []));
  });
  const nothing: Code[] = [op.get, distanceSum, op.get, distanceSum, op.f32x4Sub];
  code.push(op.set, distanceSum, op.get, flags, ...nothing, ...nothing, op.f32x4NotEqual, op.i32x4Bitmask);
  code.push(op.i32Store, 0);
  const steps = [
    ...[advance(from, vector), advance(truth, vector), advance(out, 2 * vector)],
    ...[advance(flags, 4), advance(ahead, lineBytes * lines)],
  ].flat();
  const body = { parameters: 7, locals: first - y + members, code: repeat(groups, [...code, ...steps]) };
  return moduleOf('score', body, maximumPages);
}
