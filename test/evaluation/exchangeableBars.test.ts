/** Ranges of reliability diagrams where a member stands for the truth: right for independent places and for dependent ones. */
import { describe, expect, it } from 'vitest';
import { normals, uniforms } from '../../core/random/stream.js';
import {
  type EnsembleEvents,
  exchangeableBars,
  exchangeableClasses,
} from '../../evaluation/calibration/exchangeableBars.js';
import { classesBetween } from '../../evaluation/calibration/probabilityClasses.js';
import { resampledBars } from '../../evaluation/calibration/reliabilityDiagram.js';
import { normalQuantile } from '../../evaluation/scores/normal.js';

const edges = Float64Array.of(0, 0.1, 0.3, 0.5, 0.7, 0.9, 1);

/** Members and, last of all, a truth that is one of them: yes where a normal number is below the start's own limit. */
function drawn(
  seed: number,
  { starts, members, places, together }: Omit<EnsembleEvents, 'yes'> & { together: boolean },
): EnsembleEvents & { truth: Uint8Array } {
  const chances = new Float64Array(starts);
  uniforms({ seed, weightSample: 0, noiseStream: 0, purpose: 'bootstrap', step: 0 }, chances);
  const each = together ? 1 : places;
  const noise = new Float64Array(starts * (members + 1) * each);
  normals({ seed, weightSample: 1, noiseStream: 0, purpose: 'bootstrap', step: 0 }, noise);
  const yes = new Uint8Array(starts * members * places);
  const truth = new Uint8Array(starts * places);
  for (let s = 0; s < starts; s++) {
    const limit = normalQuantile(0.001 + 0.998 * chances[s]!);
    for (let m = 0; m <= members; m++) {
      for (let p = 0; p < places; p++) {
        const says = noise[(s * (members + 1) + m) * each + (together ? 0 : p)]! < limit ? 1 : 0;
        if (m === members) truth[s * places + p] = says;
        else yes[(s * members + m) * places + p] = says;
      }
    }
  }
  return { starts, members, places, yes, truth };
}

function probabilities({ starts, members, places, yes }: EnsembleEvents): Float64Array {
  return Float64Array.from({ length: starts * places }, (_, i) => {
    const [s, p] = [Math.floor(i / places), i % places];
    let count = 0;
    for (let m = 0; m < members; m++) count += yes[(s * members + m) * places + p]!;
    return count / members;
  });
}

/** Share of the classes whose frequency lies outside. */
function outside(
  classes: { given: Float64Array; happened: Float64Array },
  bars: readonly { low: number; high: number }[],
): { count: number; of: number } {
  let [count, of] = [0, 0];
  for (const [k, { low, high }] of bars.entries()) {
    if (!(classes.given[k]! > 0) || Number.isNaN(low)) continue;
    const frequency = classes.happened[k]! / classes.given[k]!;
    of++;
    if (frequency < low || frequency > high) count++;
  }
  return { count, of };
}

describe('ranges of frequencies with a member for the truth', () => {
  it('are those of Bröcker & Smith where cases are independent and members many', () => {
    const events = drawn(1, { starts: 400, members: 300, places: 1, together: true });
    const own = exchangeableBars(exchangeableClasses(events, edges, 'left', { seed: 1 }));
    const theirs = resampledBars(probabilities(events), edges, 'left', { seed: 1 });
    for (const [k, { low, high }] of own.entries()) {
      expect(Math.abs(low - theirs[k]!.low)).toBeLessThan(0.04);
      expect(Math.abs(high - theirs[k]!.high)).toBeLessThan(0.04);
    }
  });

  it('hold 95 % of the frequencies of a reliable ensemble whose places all say the same, where independence would not', () => {
    let [own, theirs, of] = [0, 0, 0];
    for (let seed = 1; seed <= 60; seed++) {
      const events = drawn(seed, { starts: 80, members: 20, places: 12, together: true });
      const probability = probabilities(events);
      const classes = classesBetween(probability, Float64Array.from(events.truth), edges, 'left');
      const found = outside(
        classes,
        exchangeableBars(exchangeableClasses(events, edges, 'left', { seed, resamples: 200 })),
      );
      own += found.count;
      of += found.of;
      theirs += outside(classes, resampledBars(probability, edges, 'left', { seed, resamples: 200 })).count;
    }
    // 360 classes: 5 % with a standard error of 1.2 %, and a little for 200 resamples
    expect(own / of).toBeGreaterThan(0.015);
    expect(own / of).toBeLessThan(0.095);
    expect(theirs / of).toBeGreaterThan(0.3);
  });

  it('count every case once, leaving out the member that stands for the truth', () => {
    const yes = Uint8Array.of(1, 1, 0, 0); // one start, four members, one place
    const drawnClasses = exchangeableClasses({ starts: 1, members: 4, places: 1, yes }, edges, 'left', {
      seed: 3,
      resamples: 400,
    });
    let happened = 0;
    for (const classes of drawnClasses) {
      const at = classes.given.indexOf(1);
      expect(classes.given.reduce((a, b) => a + b)).toBe(1);
      // one of the other three where it happened, else two
      expect(classes.probability[at]).toBeCloseTo(classes.happened[at] === 1 ? 1 / 3 : 2 / 3, 12);
      happened += classes.happened[at]!;
    }
    expect(happened / 400).toBeGreaterThan(0.42);
    expect(happened / 400).toBeLessThan(0.58);
  });
});
