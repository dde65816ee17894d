/**
 * Relative economic value: what a user saves who protects herself at cost C from a loss L whenever the probability
 * of the event reaches a threshold, as a share of what perfect forecasts would save over climatology (Richardson
 * 2000, doi:10.1002/qj.49712656313, eq. 9). With a = C/L, base rate s, hit rate H and false-alarm rate F:
 *
 *   V = [min(a, s) − F(1 − s)a + H s(1 − a) − s] / [min(a, s) − s a]
 *
 * Each user acts on the threshold that is best for her, never and always included, so that 0 ≤ V ≤ 1. The largest
 * value of any user is max(H − F), had where a = s.
 */
import { type ClassGradient, type ProbabilityClasses, totalsOf } from './probabilityClasses.js';
import { rocCurve } from './roc.js';

export interface ValueCurve {
  /** [ratio]: cost over loss, as asked. */
  readonly ratio: Float64Array;
  /** [ratio], 0 … 1; NaN where the event always or never happened. */
  readonly value: Float64Array;
  /** [ratio]: least probability that is best to act on; Infinity where it is best never to. */
  readonly threshold: Float64Array;
}

/** @param ratios within 0 … 1, ends excluded: there value is not defined */
export function valueCurve(classes: ProbabilityClasses, ratios: Float64Array): ValueCurve {
  const total = totalsOf(classes);
  const base = total.happened / total.given;
  const { threshold, falseAlarmRate, hitRate } = rocCurve(classes);
  const best = new Float64Array(ratios.length).fill(Number.NaN);
  const actOn = new Float64Array(ratios.length).fill(Number.NaN);
  if (!(base > 0 && base < 1)) return { ratio: ratios, value: best, threshold: actOn };
  for (const [i, ratio] of ratios.entries()) {
    const climate = Math.min(ratio, base);
    for (let j = 0; j < threshold.length; j++) {
      const saved =
        climate - falseAlarmRate[j]! * (1 - base) * ratio + hitRate[j]! * base * (1 - ratio) - base;
      const value = saved / (climate - base * ratio);
      if (!(value <= best[i]!)) {
        best[i] = value;
        actOn[i] = threshold[j]!;
      }
    }
  }
  return { ratio: ratios, value: best, threshold: actOn };
}

/**
 * First derivatives of the value of one user, who acts from a threshold on, by the weights of the classes.
 * @param ratio cost over loss
 * @param threshold least probability acted on; Infinity: never
 */
export function valueGradient(classes: ProbabilityClasses, ratio: number, threshold: number): ClassGradient {
  const { probability, given, happened } = classes;
  const total = totalsOf(classes);
  const base = total.happened / total.given;
  let warned = 0;
  let hits = 0;
  for (let k = 0; k < given.length; k++) {
    if (!(probability[k]! >= threshold)) continue;
    warned += given[k]! / total.given;
    hits += happened[k]! / total.given;
  }
  const falseAlarms = warned - hits;
  const climate = Math.min(ratio, base);
  const perfect = climate - base * ratio;
  const value = (climate - falseAlarms * ratio + hits * (1 - ratio) - base) / perfect;
  // V = (min(a, s) − f a + h(1 − a) − s)/(min(a, s) − s a), by f, h and s.
  const byFalseAlarm = -ratio / perfect;
  const byHit = (1 - ratio) / perfect;
  const bySlope = base <= ratio ? -(value * (1 - ratio)) / perfect : (-1 + value * ratio) / perfect;
  // Weights enter as shares of all given, whose sum is always 1: a part that all classes have does not count.
  const common = falseAlarms * byFalseAlarm + hits * byHit + base * bySlope;
  const acted = (k: number): number => (probability[k]! >= threshold ? 1 : 0);
  return {
    given: given.map((_, k) => (acted(k) * byFalseAlarm - common) / total.given),
    happened: given.map((_, k) => (acted(k) * (byHit - byFalseAlarm) + bySlope) / total.given),
  };
}

/** Largest value any user can have: max(H − F) over thresholds. */
export function valueMax(classes: ProbabilityClasses): number {
  return bestWarning(classes).value;
}

/** First derivatives of the largest value by the weights of the classes, at the threshold that gives it. */
export function valueMaxGradient(classes: ProbabilityClasses): ClassGradient {
  const total = totalsOf(classes);
  const { from, hitRate, falseAlarmRate } = bestWarning(classes);
  const without = total.given - total.happened;
  // ∂(H − F) by happened and by not happened; the latter is what a case given without the event adds.
  const byWithout = classes.given.map((_, k) => -((k >= from ? 1 : 0) - falseAlarmRate) / without);
  const byHappened = classes.given.map((_, k) => ((k >= from ? 1 : 0) - hitRate) / total.happened);
  return { given: byWithout, happened: byHappened.map((slope, k) => slope - byWithout[k]!) };
}

function bestWarning(classes: ProbabilityClasses): {
  readonly value: number;
  /** First class that is warned of. */
  readonly from: number;
  readonly hitRate: number;
  readonly falseAlarmRate: number;
} {
  const { given, happened } = classes;
  const total = totalsOf(classes);
  const without = total.given - total.happened;
  let hits = 0;
  let warned = 0;
  let best = { value: 0, from: given.length, hitRate: 0, falseAlarmRate: 0 };
  if (!(total.happened > 0 && without > 0)) return { ...best, value: Number.NaN };
  for (let k = given.length - 1; k >= 0; k--) {
    hits += happened[k]!;
    warned += given[k]!;
    const hitRate = hits / total.happened;
    const falseAlarmRate = (warned - hits) / without;
    if (hitRate - falseAlarmRate > best.value)
      best = { value: hitRate - falseAlarmRate, from: k, hitRate, falseAlarmRate };
  }
  return best;
}
