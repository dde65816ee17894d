/** Writing graphs: what is stored once, what is dropped, what is refused; layers and AdamW built from operators. */
import { describe, expect, it } from 'vitest';
import { adamw, movingAverage } from '../../models/graph/adamw.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { gradient } from '../../models/graph/gradient.js';
import { matrixFlops } from '../../models/graph/graph.js';
import { convolution, layerNorm, linear, steadyLinear, windows } from '../../models/graph/layers.js';
import { createOnnxExecutor } from '../../models/graph/onnxExecutor.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import type { Padding } from '../../models/graph/windowIndices.js';
import { draw, relativeError, uniform } from './graphCases.js';

describe('a graph builder', () => {
  it('stores equal work once and drops what no output needs', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [2, 2]);
    b.exp(x);
    b.output('y', b.add(b.tanh(x), b.mul(b.tanh(x), b.scalar(2))));
    expect(b.build().nodes.map((node) => node.operator)).toEqual(['Tanh', 'Mul', 'Add']);
  });

  it('writes no operation that changes nothing', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [2, 3]);
    expect(b.reshape(b.reshape(x, [6]), [2, 3])).toBe(x);
    expect(b.expand(x, [2, 3])).toBe(x);
    expect(b.slice(x, [0, 0], [2, 3])).toBe(x);
    expect(b.transpose(x, [0, 1])).toBe(x);
    b.output('y', b.mul(b.expand(b.scalar(3), [2, 3]), x));
    expect(b.build().nodes.map((node) => node.operator)).toEqual(['Mul']);
  });

  it('counts 2mnk for products, the gradients included', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [8, 5]);
    const w = b.input('w', [5, 3]);
    const [dw] = gradient(b, b.reduceSum(b.tanh(b.matMul(x, w))), [w]);
    b.output('dw', dw!);
    expect(matrixFlops(b.build())).toBe(2 * (2 * 8 * 5 * 3));
  });

  it('gives zeros for a value the loss does not depend on', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [2]);
    const y = b.input('y', [3]);
    const [dy] = gradient(b, b.reduceSum(x), [y]);
    b.output('dy', dy!);
    expect([...runReference(b.build(), { x: [1, 2], y: [1, 2, 3] }).dy!]).toEqual([0, 0, 0]);
  });

  it('says what does not fit', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [2, 3]);
    expect(() => b.input('x', [1])).toThrow('the name "x" is taken');
    expect(() => b.output('#x', x)).toThrow('the name "#x" is not allowed');
    expect(() => b.input('z', [0])).toThrow('has a size of 0');
    expect(() => b.matMul(x, x)).toThrow('inner sizes 3 and 2 differ');
    expect(() => b.add(x, b.input('y', [2]))).toThrow('shapes [2,3] and [2] do not broadcast: 3 against 2');
    expect(() => b.reshape(x, [4])).toThrow('has 6 elements');
    expect(() => b.slice(x, [0, 1], [2, 3])).toThrow('leaves shape [2,3]');
    expect(() => b.gather(x, [2], 0)).toThrow('index 2 is outside axis 0');
    expect(() => b.softmax(x, 2)).toThrow('axis 2 is outside shape [2,3]');
    expect(() => gradient(b, x, [x])).toThrow('expected a scalar');
    expect(() => runReference(b.build(), { x: [1] })).toThrow('graph input "x": 1 numbers given');
  });
});

describe('layers', () => {
  it('windows read the neighbours, with what the padding says outside', () => {
    const b = new GraphBuilder();
    const x = b.input('x', [1, 2, 3, 1]);
    const of = (rows: Padding, columns: Padding) => windows(b, x, { size: 3, rows, columns });
    b.output('zero', of('zero', 'zero'));
    b.output('edge wrap', of('edge', 'wrap'));
    const results = runReference(b.build(), { x: [1, 2, 3, 4, 5, 6] });
    expect([...results.zero!.subarray(0, 9)]).toEqual([0, 0, 0, 0, 1, 2, 0, 4, 5]);
    expect([...results['edge wrap']!.subarray(0, 9)]).toEqual([3, 1, 2, 3, 1, 2, 6, 4, 5]);
  });

  it.each([
    ['zero', 'zero'],
    ['edge', 'edge'],
    ['edge', 'wrap'],
    ['zero', 'wrap'],
  ] as const)(
    'convolution with %s rows and %s columns is a product of windows, gradients too',
    async (rows, columns) => {
      const b = new GraphBuilder();
      const x = b.input('x', [2, 4, 5, 16]);
      const w = b.input('w', [144, 32]);
      const c = b.input('c', [2, 4, 5, 32]);
      const options = { size: 3, rows, columns };
      for (const [name, y] of [
        ['convolution', convolution(b, x, w, options)],
        ['product', linear(b, windows(b, x, options), w)],
      ] as const) {
        const [dx, dw] = gradient(b, b.reduceSum(b.mul(y, c)), [x, w]);
        b.output(name, y);
        b.output(`${name} dx`, dx!);
        b.output(`${name} dw`, dw!);
      }
      const random = uniform(7);
      const graph = b.build();
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name, value }) => [name, draw(value.shape, 'any', random)]),
      );
      const executor = await createOnnxExecutor(graph, { device: 'cpu' });
      const results = await executor.run(inputs);
      await executor.release();
      const expected = runReference(graph, inputs);
      for (const suffix of ['', ' dx', ' dw']) {
        const product = expected[`product${suffix}`]!;
        expect(relativeError(expected[`convolution${suffix}`]!, product)).toBeLessThan(1e-12);
        expect(relativeError(results[`convolution${suffix}`]!.data as Float32Array, product)).toBeLessThan(
          1e-5,
        );
        expect(relativeError(results[`product${suffix}`]!.data as Float32Array, product)).toBeLessThan(1e-5);
      }
    },
  );

  it('one kernel per weight sample is the same as each kernel alone', () => {
    const random = uniform(3);
    const [x, w] = [draw([2, 3, 4, 5, 2], 'any', random), draw([2, 18, 3], 'any', random)];
    const run = (xs: Float32Array, ws: Float32Array, samples: readonly number[]) => {
      const b = new GraphBuilder();
      const fields = b.input('x', [...samples, 3, 4, 5, 2]);
      b.output('y', convolution(b, fields, b.input('w', [...samples, 18, 3]), { size: 3, rows: 'edge' }));
      return runReference(b.build(), { x: xs, w: ws }).y!;
    };
    const both = run(x, w, [2]);
    const alone = [0, 1].flatMap((k) => [
      ...run(x.slice(k * 120, (k + 1) * 120), w.slice(k * 54, (k + 1) * 54), []),
    ]);
    expect(relativeError(both, alone)).toBeLessThan(1e-14);
  });

  it.each([
    [1122, 128],
    [128, 561],
    [64, 1],
    [64, 2],
  ])(
    'steady products [m, %i] × [.., %i] have the same bits whatever the number of rows',
    async (inner, out) => {
      const [most, samples] = [48, 2];
      const random = uniform(11);
      const [x, w] = [
        draw([samples, most, inner], 'any', random),
        draw([samples, inner, out], 'any', random),
      ];
      /** Rows `first` to `first + count` of every sample: [samples, count, out]. */
      const run = async (first: number, count: number) => {
        const b = new GraphBuilder();
        const fed = b.input('x', [samples, count, inner]);
        b.output('y', steadyLinear(b, fed, b.input('w', [samples, inner, out])));
        const executor = await createOnnxExecutor(b.build(), { device: 'cpu', threads: 1 });
        const rows = new Float32Array(samples * count * inner);
        for (let k = 0; k < samples; k++) {
          const from = (k * most + first) * inner;
          rows.set(x.subarray(from, from + count * inner), k * count * inner);
        }
        const y = (await executor.run({ x: rows, w })).y!.data as Float32Array;
        await executor.release();
        return y;
      };
      const all = await run(0, most);
      for (const [first, count] of [
        [0, 1],
        [17, 1],
        [3, 2],
        [5, 3],
        [9, 6],
        [20, 27],
      ] as const) {
        const some = await run(first, count);
        for (let k = 0; k < samples; k++) {
          const from = (k * most + first) * out;
          const expected = all.subarray(from, from + count * out);
          expect(some.subarray(k * count * out, (k + 1) * count * out), `${count} rows`).toEqual(expected);
        }
      }
    },
  );

  it('layer normalisation leaves mean 0 and variance 1', () => {
    const b = new GraphBuilder();
    b.output('y', layerNorm(b, b.input('x', [1, 64]), 0));
    const y = runReference(b.build(), { x: draw([64], 'any', uniform(1)) }).y!;
    expect(y.reduce((sum, v) => sum + v, 0) / 64).toBeCloseTo(0, 12);
    expect(y.reduce((sum, v) => sum + v * v, 0) / 64).toBeCloseTo(1, 6);
  });
});

describe('AdamW', () => {
  /** Loss Σ (w c − u)², decay 0.1 on w alone, rate 0.05, β 0.9 and 0.95, clipped to norm 2. */
  const build = () => {
    const b = new GraphBuilder();
    const [w, u] = [b.input('w', [4]), b.input('u', [1])];
    const error = b.sub(b.mul(w, b.constant(Float32Array.of(1, 2, -3, 0.5), [4])), u);
    const loss = b.reduceSum(b.mul(error, error));
    const [dw, du] = gradient(b, loss, [w, u]);
    const moment = (name: string, size: number) => b.input(name, [size]);
    const { parameters, gradientNorm } = adamw(
      b,
      [
        {
          value: w,
          gradient: dw!,
          first: moment('w first', 4),
          second: moment('w second', 4),
          weightDecay: 0.1,
        },
        {
          value: u,
          gradient: du!,
          first: moment('u first', 1),
          second: moment('u second', 1),
          weightDecay: 0,
        },
      ],
      { learningRate: b.input('rate', []), step: b.input('step', []), beta2: 0.95, clipNorm: 2 },
    );
    ['w', 'u'].forEach((name, i) => {
      b.output(`next ${name}`, parameters[i]!.value);
      b.output(`next ${name} first`, parameters[i]!.first);
      b.output(`next ${name} second`, parameters[i]!.second);
    });
    b.output('loss', loss);
    b.output('norm', gradientNorm);
    return b.build();
  };
  // torch 2.13.0, torch.optim.AdamW with clip_grad_norm_, float64: loss and norm before, parameters after step 5.
  const torch = {
    loss: [71.390625, 66.51463170476924, 61.842845926761605, 57.37338304006055, 53.10434426035646],
    norm: [54.244383349799456, 52.3722096365941, 50.50929334989985, 48.65595782039952, 46.812586744412734],
    w: [0.7335807586174183, -0.727897453082834, 1.7029396585332726, 0.4910132930377454],
    u: [1.2501040128500118],
  };
  const names = ['w', 'u', 'w first', 'w second', 'u first', 'u second'];
  const start = { w: [0.5, -1, 2, 0.25], u: [1.5], zero: [0, 0, 0, 0] };

  it('takes the steps PyTorch takes, results fed back as they are', async () => {
    const executor = await createOnnxExecutor(build(), { device: 'cpu' });
    const state: Parameters<typeof executor.run>[0] & Record<string, unknown> = {
      w: Float32Array.from(start.w),
      u: Float32Array.from(start.u),
      'w first': new Float32Array(4),
      'w second': new Float32Array(4),
      'u first': new Float32Array(1),
      'u second': new Float32Array(1),
    };
    let fed: Parameters<typeof executor.run>[0] = state;
    for (let step = 1; step <= 5; step++) {
      const results = await executor.run({
        ...fed,
        rate: Float32Array.of(0.05),
        step: Float32Array.of(step),
      });
      expect(relativeError(results.loss!.data as Float32Array, [torch.loss[step - 1]!])).toBeLessThan(2e-6);
      expect(relativeError(results.norm!.data as Float32Array, [torch.norm[step - 1]!])).toBeLessThan(2e-6);
      fed = Object.fromEntries(names.map((name) => [name, results[`next ${name}`]!]));
    }
    await executor.release();
    const numbers = (name: string) => (fed[name] as { data: unknown }).data as Float32Array;
    expect(relativeError(numbers('w'), torch.w)).toBeLessThan(2e-6);
    expect(relativeError(numbers('u'), torch.u)).toBeLessThan(2e-6);
  });

  it('takes them in the float64 reference too', () => {
    const graph = build();
    const state: Record<string, ArrayLike<number>> = { w: start.w, u: start.u };
    for (const name of names.slice(2)) state[name] = name.startsWith('w') ? start.zero : [0];
    for (let step = 1; step <= 5; step++) {
      const results = runReference(graph, { ...state, rate: [0.05], step: [step] });
      for (const name of names) state[name] = results[`next ${name}`]!;
    }
    // Constants (β, 1 − β) are float32: no closer than their rounding.
    expect(relativeError(state.w!, torch.w)).toBeLessThan(1e-6);
  });

  it('refuses moments of another shape', () => {
    const b = new GraphBuilder();
    const [value, first] = [b.input('w', [2]), b.input('m', [3])];
    const parameter = { value, gradient: value, first, second: value, weightDecay: 0 };
    const options = { learningRate: b.scalar(1), step: b.scalar(1) };
    expect(() => adamw(b, [parameter], options)).toThrow('shape [2] meets a gradient or moment [3]');
  });

  it('averages parameters exponentially', () => {
    const b = new GraphBuilder();
    b.output('y', movingAverage(b, b.input('average', [1]), b.input('w', [1]), b.scalar(0.75)));
    expect(runReference(b.build(), { average: [2], w: [4] }).y![0]).toBe(2.5);
  });
});
