/** Muon: what its updates are, against singular values found by another package, and one step by hand. */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../models/graph/builder.js';
import { muon, orthogonalised } from '../../models/graph/muon.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues } from './bayesianFixture.js';

function orthogonal(values: Float32Array, rows: number, columns: number): Matrix {
  const b = new GraphBuilder();
  b.output('u', orthogonalised(b, b.input('g', [rows, columns])));
  return Matrix.from1DArray(rows, columns, runReference(b.build(), { g: values }).u!);
}

describe.each([
  [12, 5],
  [5, 12],
  [7, 7],
])('the orthogonal factor of a matrix %i × %i', (rows, columns) => {
  // singular values from 1 down to 1/20
  const svd = new SingularValueDecomposition(
    Matrix.from1DArray(rows, columns, randomValues(rows * columns, rows)),
    { autoTranspose: true },
  );
  const size = Math.min(rows, columns);
  const spectrum = Matrix.diag(Array.from({ length: size }, (_, i) => 0.05 ** (i / (size - 1))));
  const [left, right] = [
    svd.leftSingularVectors.subMatrix(0, rows - 1, 0, size - 1),
    svd.rightSingularVectors.subMatrix(0, columns - 1, 0, size - 1),
  ];
  const matrix = left.mmul(spectrum).mmul(right.transpose());
  const found = orthogonal(Float32Array.from(matrix.to1DArray()), rows, columns);

  it('has singular values near one and the singular vectors of the matrix', () => {
    const inside = left.transpose().mmul(found).mmul(right);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        if (i !== j) expect(Math.abs(inside.get(i, j))).toBeLessThan(1e-5);
      }
      expect(inside.get(i, i)).toBeGreaterThan(0.65);
      expect(inside.get(i, i)).toBeLessThan(1.25);
    }
  });

  it('does not depend on the size of the matrix', () => {
    const larger = orthogonal(
      Float32Array.from(matrix.to1DArray(), (x) => 1000 * x),
      rows,
      columns,
    );
    expect(Matrix.sub(larger, found).abs().max()).toBeLessThan(1e-4);
  });
});

describe('a step of Muon', () => {
  const shape = [4, 9] as const;
  const values = Object.fromEntries(
    ['value', 'gradient', 'momentum'].map((name, i) => [name, randomValues(36, 40 + i)]),
  );
  const stepped = (weightDecay: number, rateFactor?: number) => {
    const b = new GraphBuilder();
    const [value, gradient, momentum] = ['value', 'gradient', 'momentum'].map((name) => b.input(name, shape));
    const parameter = { value: value!, gradient: gradient!, momentum: momentum!, weightDecay };
    const next = muon(
      b,
      rateFactor === undefined ? parameter : { ...parameter, rateFactor },
      b.scalar(0.01),
      0.9,
    );
    b.output('next', next.value);
    b.output('kept', next.momentum);
    return runReference(b.build(), values);
  };

  it('moves along the orthogonal factor of the momentum seen ahead, by 0.2 √max(in, out) times the rate', () => {
    const { next, kept } = stepped(0.5);
    const momentum = values.momentum!.map((m, i) => 0.9 * m + 0.1 * values.gradient![i]!);
    const ahead = momentum.map((m, i) => 0.9 * m + 0.1 * values.gradient![i]!);
    const update = orthogonal(ahead, ...shape).to1DArray();
    momentum.forEach((m, i) => {
      expect(kept![i]).toBeCloseTo(m, 6);
      const expected = (1 - 0.01 * 0.5) * values.value![i]! - 0.01 * 0.2 * 3 * update[i]!;
      expect(next![i]).toBeCloseTo(expected, 6);
    });
  });

  it('is as large as the factor on its rate', () => {
    const [one, three] = [stepped(0), stepped(0, 3)];
    one.next!.forEach((x, i) => {
      expect(three.next![i]! - values.value![i]!).toBeCloseTo(3 * (x - values.value![i]!), 6);
    });
  });

  it('of anything but a matrix is refused', () => {
    const b = new GraphBuilder();
    const value = b.input('w', [3]);
    expect(() => muon(b, { value, gradient: value, momentum: value, weightDecay: 0 }, b.scalar(1))).toThrow(
      /Muon: a parameter of shape \[3\]/,
    );
  });
});
