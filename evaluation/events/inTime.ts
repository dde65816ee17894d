/**
 * What is made of a quantity in time: means, extremes, sums and changes over the hours that end at each lead. Leads may be
 * unevenly spaced; hours must begin and end on leads, since nothing is known between them.
 *   mean    trapezoids over the leads from l − hours to l, over the hours
 *   min, max   over the same leads, both ends included
 *   change  x(l) − x(l − hours); rise is the same, fall its negative
 *   sum     of the leads in (l − hours, l]: amounts that fell in the step before each lead. The first lead's amount is
 *           taken to have begun with the forecast, at 0 h.
 */
import { usageError } from '../../core/errors.js';
import type { Condition, Quantity } from './event.js';

export type TimeOperation = NonNullable<Quantity['inTime']>['operation'];

/** Hours by which leads may miss each other and count as one: leads come from times in milliseconds. */
const tolerance = 1e-6;

export interface LeadPlan {
  /** Leads that are read, indices into the forecast's leads, rising. */
  readonly reads: readonly number[];
  /** Leads that have a value in the end: those of the window with the hours behind them; hours, rising. */
  readonly leadsHours: readonly number[];
  /** For each of them the first and last read that it is made of. */
  readonly spans: readonly { readonly first: number; readonly last: number }[];
  /** Hours of every read. */
  readonly readHours: readonly number[];
}

/**
 * Which leads a condition reads and compares.
 * @throws {PlumeError} usage: the window holds no lead, none has the hours behind it, the hours fall between leads, or no
 *   stretch of leads is as long as the duration
 */
export function planLeads(condition: Condition, leadsHours: readonly number[]): LeadPlan {
  const { quantity, window, durationHours, text } = condition;
  if (quantity.inTime !== null && !(quantity.inTime.hours > 0)) {
    throw usageError(
      `event "${text}": ${quantity.inTime.operation} over ${quantity.inTime.hours} hours; they must be above 0`,
    );
  }
  const inside = leadsHours.flatMap((lead, index) =>
    window === null || (lead >= window.fromHours - tolerance && lead <= window.toHours + tolerance)
      ? [index]
      : [],
  );
  if (inside.length === 0) {
    throw usageError(
      `event "${text}": no lead lies between ${window?.fromHours} h and ${window?.toHours} h; ${describeLeads(leadsHours)}`,
    );
  }
  const firsts = inside.map((index) => firstOf(condition, leadsHours, index));
  const kept = inside.map((last, i) => ({ first: firsts[i]!, last })).filter(({ first }) => first !== null);
  if (kept.length === 0) {
    throw usageError(
      `event "${text}": no lead of the window has ${quantity.inTime?.hours} h of forecast behind it; ` +
        `${describeLeads(leadsHours)}; take fewer hours or a later window`,
    );
  }
  const operation = quantity.inTime?.operation ?? null;
  const onlyEnds = operation === 'change' || operation === 'rise' || operation === 'fall';
  const read = kept.flatMap(({ first, last }) => (onlyEnds ? [first!, last] : range(first!, last)));
  const reads = [...new Set(read)].sort((a, b) => a - b);
  const plan = {
    reads,
    readHours: reads.map((index) => leadsHours[index]!),
    leadsHours: kept.map(({ last }) => leadsHours[last]!),
    spans: kept.map(({ first, last }) => ({ first: reads.indexOf(first!), last: reads.indexOf(last) })),
  };
  const longest = plan.leadsHours[plan.leadsHours.length - 1]! - plan.leadsHours[0]!;
  if (durationHours > longest + tolerance) {
    throw usageError(
      `event "${text}": it is to hold for ${durationHours} h, but the leads that are compared span ${longest} h ` +
        `(${plan.leadsHours[0]} h to ${plan.leadsHours[plan.leadsHours.length - 1]} h); shorten it or widen the window`,
    );
  }
  return plan;
}

/** The first lead that the value at a lead is made of; null where the forecast does not reach back so far. */
function firstOf(condition: Condition, leadsHours: readonly number[], index: number): number | null {
  const { inTime } = condition.quantity;
  if (inTime === null) return index;
  const begin = leadsHours[index]! - inTime.hours;
  const exact = leadsHours.findIndex((lead) => Math.abs(lead - begin) <= tolerance);
  if (inTime.operation === 'sum') {
    if (exact >= 0) return exact + 1;
    if (leadsHours[0]! > tolerance && Math.abs(begin) <= tolerance) return 0;
  } else if (exact >= 0) {
    return exact;
  }
  if (begin < leadsHours[0]!) return null;
  throw usageError(
    `event "${condition.text}": ${inTime.operation} over ${inTime.hours} h at lead ${leadsHours[index]} h begins at ${begin} h, ` +
      `between two leads; ${describeLeads(leadsHours)}; take hours that fall on leads, or a window in which they do`,
  );
}

/** "the forecast has leads every 6 h from 6 h to 240 h", "… at 6, 12, 24 … h" */
function describeLeads(leadsHours: readonly number[]): string {
  const [first, last] = [leadsHours[0]!, leadsHours[leadsHours.length - 1]!];
  if (leadsHours.length === 1) return `the forecast has a single lead at ${first} h`;
  // Stretches of one spacing, in order.
  const stretches: { from: number; to: number; step: number }[] = [];
  for (let i = 1; i < leadsHours.length; i++) {
    const step = leadsHours[i]! - leadsHours[i - 1]!;
    const open = stretches[stretches.length - 1];
    if (open !== undefined && Math.abs(open.step - step) <= tolerance) open.to = leadsHours[i]!;
    else stretches.push({ from: leadsHours[i - 1]!, to: leadsHours[i]!, step });
  }
  if (stretches.length > 4)
    return `the forecast has ${leadsHours.length} unevenly spaced leads from ${first} h to ${last} h`;
  const parts = stretches.map(({ from, to, step }) => `every ${step} h from ${from} h to ${to} h`);
  return `the forecast has leads ${parts.join(', ')}`;
}

/**
 * @param values [read, element]
 * @returns [lead, element]; `values` itself where nothing is to be made. NaN propagates.
 */
export function applyInTime(
  operation: TimeOperation | null,
  plan: LeadPlan,
  values: Float64Array,
  elements: number,
): Float64Array {
  if (operation === null) return values;
  const out = new Float64Array(plan.spans.length * elements);
  plan.spans.forEach(({ first, last }, lead) => {
    const target = out.subarray(lead * elements, (lead + 1) * elements);
    const at = (read: number): Float64Array => values.subarray(read * elements, (read + 1) * elements);
    switch (operation) {
      case 'mean':
        trapezoids(plan.readHours, first, last, at, target);
        return;
      case 'min':
      case 'max':
        target.set(at(first));
        for (let read = first + 1; read <= last; read++) extreme(operation, at(read), target);
        return;
      case 'sum':
        for (let read = first; read <= last; read++) {
          const x = at(read);
          for (let i = 0; i < elements; i++) target[i]! += x[i]!;
        }
        return;
      case 'change':
      case 'rise':
      case 'fall': {
        const [before, after] = operation === 'fall' ? [at(last), at(first)] : [at(first), at(last)];
        for (let i = 0; i < elements; i++) target[i] = after[i]! - before[i]!;
      }
    }
  });
  return out;
}

function trapezoids(
  hours: readonly number[],
  first: number,
  last: number,
  at: (read: number) => Float64Array,
  target: Float64Array,
): void {
  const total = hours[last]! - hours[first]!;
  for (let read = first; read <= last; read++) {
    const width = (hours[Math.min(read + 1, last)]! - hours[Math.max(read - 1, first)]!) / 2;
    const x = at(read);
    for (let i = 0; i < target.length; i++) target[i]! += (width / total) * x[i]!;
  }
}

/** Math.min and Math.max pass NaN on. */
function extreme(operation: 'min' | 'max', x: Float64Array, target: Float64Array): void {
  const take = operation === 'min' ? Math.min : Math.max;
  for (let i = 0; i < target.length; i++) target[i] = take(target[i]!, x[i]!);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
