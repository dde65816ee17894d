/** SWAG: its moments against two-pass sums, its draws against the Gaussian they define, its state across a stop. */
import { describe, expect, it } from 'vitest';
import { normals } from '../../core/random/stream.js';
import type { Tensor, Tensors } from '../../core/store/tensorFile.js';
import { SpreadFamily } from '../../models/bayesian/posteriors/spreadFamily.js';
import { openSwag } from '../../models/bayesian/posteriors/swag.js';
import { SwagCollector } from '../../models/bayesian/posteriors/swagCollector.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { runReference } from '../../models/graph/referenceExecutor.js';

const parameters = new Map([
  ['a', [2, 2]],
  ['b', [3]],
  ['scale', [1]],
]);
const isRandom = (name: string): boolean => name !== 'scale';
const plan = { rank: 4, everySteps: 5 };

/** A walk of the weights: snapshot n is a function of n alone. */
function snapshot(n: number): Tensors {
  return new Map(
    [...parameters].map(([name, shape], noiseStream) => {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      normals({ seed: 11, weightSample: 0, noiseStream, purpose: 'training', step: n }, values);
      // widths a thousandth of the weights: the difference of two squares in float32 would lose them
      return [name, { shape, values: values.map((value, i) => 1 + i + 1e-3 * value) }];
    }),
  );
}

function collected(count: number): SwagCollector {
  const collector = new SwagCollector(parameters, isRandom, plan);
  for (let n = 0; n < count; n++) collector.add(snapshot(n));
  return collector;
}

const valuesOf = (tensors: Tensors, name: string): Float32Array => (tensors.get(name) as Tensor).values;

describe('the moments that SWAG collects', () => {
  it('are the mean and the mean square deviation of the snapshots', () => {
    const count = 40;
    const tensors = collected(count).tensors();
    for (const name of ['a', 'b']) {
      const all = Array.from({ length: count }, (_, n) => valuesOf(snapshot(n), name));
      valuesOf(tensors, `mean.${name}`).forEach((mean, i) => {
        const exact = all.reduce((sum, values) => sum + (values[i] as number), 0) / count;
        const square = all.reduce((sum, values) => sum + ((values[i] as number) - exact) ** 2, 0) / count;
        expect(Math.abs(mean - exact)).toBeLessThan(2e-6);
        expect((valuesOf(tensors, `variance.${name}`)[i] as number) / square).toBeCloseTo(1, 2);
      });
    }
    expect(tensors.has('variance.scale')).toBe(false);
  });

  it('keep the last deviations from the running mean, each in its column', () => {
    const tensors = collected(6).tensors();
    const deviations = valuesOf(tensors, 'deviations.b');
    expect(tensors.get('deviations.b')?.shape).toEqual([4, 3]);
    for (const n of [2, 3, 4, 5]) {
      const seen = Array.from({ length: n + 1 }, (_, i) => valuesOf(snapshot(i), 'b')[0] as number);
      const mean = seen.reduce((sum, value) => sum + value, 0) / seen.length;
      expect(Math.abs((deviations[3 * (n % 4)] as number) - ((seen[n] as number) - mean))).toBeLessThan(1e-6);
    }
    expect(collected(3).tensors().get('deviations.b')?.shape).toEqual([3, 3]);
  });

  it('go on from a state to the same bits', () => {
    const straight = collected(9);
    const first = collected(4);
    const state = new Map(
      [...first.state()].map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]),
    );
    const second = new SwagCollector(parameters, isRandom, plan, state);
    expect(second.count).toBe(4);
    for (let n = 4; n < 9; n++) second.add(snapshot(n));
    expect(second.state()).toEqual(straight.state());
    expect(first.count).toBe(4);
  });

  it('are due every so many steps', () => {
    const collector = collected(0);
    const due = Array.from({ length: 12 }, (_, i) => i + 1).filter((step) => collector.isDue(step));
    expect(due).toEqual([5, 10]);
  });

  it('refuse a plan without deviations, weights that are not finite, and a posterior of one snapshot', () => {
    expect(() => new SwagCollector(parameters, isRandom, { rank: 1, everySteps: 5 })).toThrow(/rank 1/);
    expect(() => collected(1).tensors()).toThrow(/1 snapshots .* at least 2/);
    const broken = new Map(snapshot(0)).set('b', { shape: [3], values: Float32Array.of(1, Number.NaN, 2) });
    expect(() => collected(7).add(broken)).toThrow(/weight 1 of "b" is NaN after 7 snapshots/);
    const short = new Map(snapshot(0)).set('b', { shape: [2], values: Float32Array.of(1, 2) });
    expect(() => collected(0).add(short)).toThrow(/"b", expected \[3\]/);
    const other = new SwagCollector(parameters, isRandom, { ...plan, rank: 5 }).state();
    expect(() => new SwagCollector(parameters, isRandom, plan, other)).toThrow(/state to go on from/);
  });
});

describe('draws of SWAG', () => {
  const tensors = collected(12).tensors();
  const posterior = openSwag(tensors);

  it('have the covariance ½ (diag V + D Dᵀ/(K − 1)), across parameters too, within its standard error', () => {
    const count = 20_000;
    const exact = (left: [string, number], right: [string, number]): number => {
      const column = ([name, at]: [string, number], k: number): number => {
        const values = valuesOf(tensors, `deviations.${name}`);
        return values[(k * values.length) / plan.rank + at] as number;
      };
      let sum = 0;
      for (let k = 0; k < plan.rank; k++) sum += column(left, k) * column(right, k);
      const own =
        left.join() === right.join() ? (valuesOf(tensors, `variance.${left[0]}`)[left[1]] as number) : 0;
      return 0.5 * (own + sum / (plan.rank - 1));
    };
    const draws = Array.from({ length: count }, (_, weightSample) =>
      posterior.sample({ seed: 4, weightSample }),
    );
    const shift = ([name, at]: [string, number], draw: Tensors): number =>
      (valuesOf(draw, name)[at] as number) - (valuesOf(tensors, `mean.${name}`)[at] as number);
    const places: [string, number][] = [
      ['a', 0],
      ['a', 3],
      ['b', 1],
    ];
    for (const left of places) {
      for (const right of places) {
        const mean = draws.reduce((sum, draw) => sum + shift(left, draw) * shift(right, draw), 0) / count;
        const own = exact(left, left) * exact(right, right);
        const error = Math.sqrt((own + exact(left, right) ** 2) / count);
        expect(Math.abs(mean - exact(left, right))).toBeLessThan(4 * error);
      }
    }
  });

  it('depend on seed and weight sample alone, and leave what is not random', () => {
    const alone = posterior.sample({ seed: 1, weightSample: 6 });
    const others = [3, 6, 6].map((weightSample) => posterior.sample({ seed: 1, weightSample }));
    expect(others[1]).toEqual(alone);
    expect(others[2]).toEqual(alone);
    expect(others[0]?.get('a')).not.toEqual(alone.get('a'));
    expect(posterior.sample({ seed: 2, weightSample: 6 }).get('b')).not.toEqual(alone.get('b'));
    expect(alone.get('scale')).toEqual(tensors.get('mean.scale'));
    expect([...alone.keys()]).toEqual([...parameters.keys()]);
  });

  it('need a variance and deviations that belong to their mean', () => {
    const lost = new Map(tensors);
    lost.delete('deviations.b');
    expect(() => openSwag(lost)).toThrow(/parameter "b" of shape \[3\].*train it again/);
  });
});

describe('a fixed posterior as a family', () => {
  const fixed = openSwag(collected(12).tensors());
  const family = new SpreadFamily('swag', fixed);
  const key = { seed: 5, stage: 2, step: 17 };

  it('has trainable means and draws for what is random only', () => {
    expect([...family.trainable]).toEqual([
      ['mean.a', [2, 2]],
      ['mean.b', [3]],
      ['mean.scale', [1]],
    ]);
    expect([...family.drawShapes(2)]).toEqual([
      ['deviation.a', [2, 2, 2]],
      ['deviation.b', [2, 3]],
    ]);
  });

  it('writes weights that are trained mean plus the deviation of a weight sample', () => {
    const b = new GraphBuilder();
    const inputs = (shapes: ReadonlyMap<string, readonly number[]>) =>
      new Map([...shapes].map(([name, shape]) => [name, b.input(name, shape)]));
    const [tensors, draws] = [inputs(family.trainable), inputs(family.drawShapes(2))];
    for (const [name, value] of family.weights(b, tensors, draws)) b.output(`weight.${name}`, value);
    const moved = new Map([
      ['mean.a', { shape: [2, 2], values: Float32Array.of(4, 3, 2, 1) }],
      ['mean.b', { shape: [3], values: Float32Array.of(-1, 0, 1) }],
      ['mean.scale', { shape: [1], values: Float32Array.of(9) }],
    ]);
    const feeds: Record<string, Float32Array> = {};
    for (const [name, { values }] of moved) feeds[name] = values;
    for (const [name, shape] of family.drawShapes(2)) {
      const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
      family.fillDraw(key, name, out);
      feeds[name] = out;
    }
    const outputs = runReference(b.build(), feeds);
    expect([...(outputs['weight.scale'] ?? [])]).toEqual([9]);
    const deviation = feeds['deviation.b'] as Float32Array;
    expect(new Set(deviation).size).toBe(6);
    expect(outputs['weight.b']?.[4]).toBeCloseTo(0 + (deviation[4] as number), 12);

    const posterior = family.posterior(moved);
    const [sample, before] = [posterior, fixed].map((one) => one.sample({ seed: 3, weightSample: 8 }));
    const centre = fixed.mean();
    for (const name of ['a', 'b']) {
      valuesOf(sample as Tensors, name).forEach((value, i) => {
        const shift =
          (valuesOf(before as Tensors, name)[i] as number) - (valuesOf(centre, name)[i] as number);
        expect(value).toBeCloseTo((valuesOf(moved, `mean.${name}`)[i] as number) + shift, 5);
      });
    }
    expect(posterior.mean().get('b')).toEqual(moved.get('mean.b'));
  });

  it('draws the same for the same step, others for another, and those of the posterior', () => {
    const fill = (step: number): Float32Array => {
      const out = new Float32Array(3);
      family.fillDraw({ ...key, step }, 'deviation.b', out);
      return out;
    };
    const first = fill(17);
    expect(fill(18)).not.toEqual(first);
    expect(fill(17)).toEqual(first);
    const count = 4000;
    const spread = Array.from({ length: count }, (_, step) => (fill(step)[0] as number) ** 2);
    const forecast = Array.from({ length: count }, (_, weightSample) => {
      const draw = valuesOf(fixed.sample({ seed: 5, weightSample }), 'b')[0] as number;
      return (draw - (valuesOf(fixed.mean(), 'b')[0] as number)) ** 2;
    });
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
    // a squared normal has twice its variance squared; two such means are compared
    expect(Math.abs(mean(spread) / mean(forecast) - 1)).toBeLessThan(4 * Math.sqrt(4 / count));
  });
});
