/**
 * Finds a few scales without gradients: first one factor for all of them, then each by itself, in logarithms to base 2.
 * Steps of 4, 2 and √2 either way, taken where they help (compass search: Kolda, Lewis & Torczon 2003,
 * doi:10.1137/S003614450242889). The value of a point is asked for once; a search that begins with values known from an
 * earlier one takes the same way through them at no cost, which is how an interrupted search goes on.
 */

export interface ScaleSearchOptions {
  /** Most values that are asked for, known ones included. */
  readonly trials: number;
  /** False: one factor for all, no search of each. */
  readonly each: boolean;
}

export interface Found {
  readonly scales: readonly number[];
  readonly value: number;
  readonly trials: number;
}

/** Relative scales beyond these say nothing more: weights as good as certain, or as good as noise. */
const least = 2 ** -20;
const most = 2;

/** A logarithm of CRPS lower by less is no reason to go on. */
const worthwhile = 5e-4;

const commonSteps = [2, 1, 0.5];
const eachSteps = [1, 0.5];

/**
 * @param start scales to begin with, all above zero
 * @param evaluate what is to be small; +∞ where scales cannot be used. Asked once for each point
 */
export async function searchScales(
  start: readonly number[],
  evaluate: (scales: readonly number[]) => Promise<number>,
  { trials, each }: ScaleSearchOptions,
): Promise<Found> {
  const known = new Map<string, number>();
  let spent = 0;
  const valueAt = async (scales: readonly number[]): Promise<number> => {
    const key = keyOf(scales);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (spent >= trials) return Number.POSITIVE_INFINITY;
    spent++;
    const value = await evaluate(scales);
    known.set(key, value);
    return value;
  };

  let best = start.map(bounded);
  let bestValue = await valueAt(best);
  /** Walks one way as long as it helps. */
  const walk = async (step: number, moved: (index: number) => boolean): Promise<boolean> => {
    for (let walked = false; ; walked = true) {
      const next = best.map((scale, i) => (moved(i) ? bounded(scale * 2 ** step) : scale));
      if (keyOf(next) === keyOf(best)) return walked;
      const value = await valueAt(next);
      if (!(value < bestValue - worthwhile)) return walked;
      best = next;
      bestValue = value;
    }
  };
  for (const step of commonSteps) {
    if (!(await walk(-step, () => true))) await walk(step, () => true);
  }
  if (each && start.length > 1) {
    for (const step of eachSteps) {
      for (let layer = 0; layer < start.length; layer++) {
        if (!(await walk(step, (i) => i === layer))) await walk(-step, (i) => i === layer);
      }
    }
  }
  return { scales: best, value: bestValue, trials: spent };
}

function bounded(scale: number): number {
  return Math.min(most, Math.max(least, scale));
}

/** Points that differ in the last bits are one. */
export function keyOf(scales: readonly number[]): string {
  return scales.map((scale) => Math.log2(scale).toFixed(6)).join(' ');
}
