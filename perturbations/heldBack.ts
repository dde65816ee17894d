/**
 * How much the limits of perturbed states (limits.ts) take from perturbations: what would fall below zero is held there,
 * so that a quantity that cannot be negative is perturbed upwards more than downwards, and its mean rises. Values are
 * counted where members are made, once a member at the start, for every perturbation of it, and once a step; counts of
 * blocks add up to those of a run.
 */
import type { HeldCount, Limits } from './limits.js';
import type { InitialSource, StepSource } from './source.js';

/** One count for each perturbation of the start, in their order, and a last one for those of the steps together. */
export function startCounts(limits: Pick<Limits, 'positive'> | null, initial: number): HeldCount[] {
  if (limits === null) return [];
  const { length } = limits.positive;
  return Array.from({ length: initial + 1 }, () => ({ values: 0, held: new Float64Array(length) }));
}

/** Adds in place. */
export function addCounts(sums: readonly HeldCount[], counts: readonly HeldCount[]): void {
  for (const [place, { values, held }] of counts.entries()) {
    const sum = sums[place]!;
    sum.values += values;
    for (let i = 0; i < held.length; i++) sum.held[i]! += held[i]!;
  }
}

/** Share from which on it is said. */
const notedShare = 0.01;

/** Channels that are named, the most held back first. */
const mostNamed = 5;

/** What to say of a run's counts, a line for each perturbation that was held back in more than 1 % of a channel's values. */
export function heldNotes(
  limits: Pick<Limits, 'positive'> | null,
  counts: readonly HeldCount[],
  { initial, steps }: { readonly initial: readonly InitialSource[]; readonly steps: readonly StepSource[] },
): string[] {
  return counts.flatMap(({ values, held }, place) => {
    const found = [...held]
      .map((count, i) => ({ name: limits?.positive[i] ?? '', share: count / Math.max(1, values) }))
      .filter(({ share }) => share > notedShare)
      .sort((a, b) => b.share - a.share);
    if (found.length === 0) return [];
    const source = initial[place];
    const what =
      source === undefined
        ? `${steps.map(({ kind }) => kind).join(' and ')} (steps)`
        : `${source.kind} (start)`;
    const smaller =
      source === undefined
        ? steps.map((step) => `${sizeOf(step)} of ${step.kind}`).join(' or ')
        : 'amplitude';
    const named = found
      .slice(0, mostNamed)
      .map(({ name, share }) => `${(100 * share).toFixed(1)} % of ${name}`);
    const more =
      found.length > mostNamed ? [`more than 1 % of ${found.length - mostNamed} other channels`] : [];
    return [
      `${what}: ${[...named, ...more].join(', ')} would have fallen below zero and was held back, which leaves the mean of ` +
        `members above what they perturb; give a smaller ${smaller}`,
    ];
  });
}

/** The parameter that a perturbation of the steps is made smaller with. */
function sizeOf({ kind }: StepSource): string {
  switch (kind) {
    case 'noise':
      return 'factor';
    case 'sppt':
      return 'sigma';
    case 'skeb':
      return 'rate';
  }
}
