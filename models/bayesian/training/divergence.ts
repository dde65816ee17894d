/**
 * When a training has run away: a loss or gradient that is not finite, at once; or a loss far above its running level for
 * many steps, which a finite but ruined network shows. Level ℓ and deviation d are moving averages of the loss and of
 * |loss − ℓ| over steps that were not far; far is loss > ℓ + 2|ℓ| + 10 d.
 * The state is plain numbers, so that a checkpoint holds it and a resumed training stops where the first would.
 */

export interface WatchState {
  readonly level: number;
  readonly deviation: number;
  /** Steps that level and deviation are made of. */
  readonly seen: number;
  /** Steps in a row far above the level. */
  readonly far: number;
}

export const freshWatch: WatchState = { level: 0, deviation: 0, seen: 0, far: 0 };

/** Steps before which nothing is called far: the first losses of a phase still fall. */
const leastSeen = 20;
/** Far steps in a row that end a training. */
export const farSteps = 25;
const share = 0.05;

export function watch(state: WatchState, loss: number): WatchState {
  const { level, deviation, seen, far } = state;
  if (seen >= leastSeen && loss > level + 2 * Math.abs(level) + 10 * deviation) {
    return { ...state, far: far + 1 };
  }
  if (seen === 0) return { level: loss, deviation: 0, seen: 1, far: 0 };
  const part = Math.max(share, 1 / (seen + 1));
  return {
    level: level + part * (loss - level),
    deviation: deviation + part * (Math.abs(loss - level) - deviation),
    seen: seen + 1,
    far: 0,
  };
}

export function hasRunAway({ far }: WatchState): boolean {
  return far >= farSteps;
}

/** The channel that is worst: the first that is not finite, else the largest. @returns its place */
export function worstChannel(byChannel: ArrayLike<number>): number {
  let worst = 0;
  for (let c = 0; c < byChannel.length; c++) {
    const value = byChannel[c] ?? 0;
    if (!Number.isFinite(value)) return c;
    if (value > (byChannel[worst] ?? 0)) worst = c;
  }
  return worst;
}
