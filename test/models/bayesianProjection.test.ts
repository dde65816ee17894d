/** Fields held to spherical harmonics: what fits is kept, winds across the poles too, and what does not is not. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { project } from '../../models/bayesian/networks/spectralProjection.js';
import { GraphBuilder } from '../../models/graph/builder.js';
import { runReference } from '../../models/graph/referenceExecutor.js';
import { randomValues } from './bayesianFixture.js';

const truncation = 7;
const names = ['z', 'u', 'v', 'vo'] as const;

/** With both poles and the equator, or with neither. */
function schemaOf(rows: number): Schema {
  const first = rows % 2 === 1 ? 90 : 90 - 90 / rows;
  return {
    grid: makeGrid(
      Array.from({ length: rows }, (_, i) => first - (2 * first * i) / (rows - 1)),
      Array.from({ length: 18 }, (_, j) => 20 * j),
    ),
    channels: names.map((variable) => ({ variable, level: 500, unit: '1' })),
  };
}

function projected(schema: Schema, values: ArrayLike<number>): Float64Array {
  const b = new GraphBuilder();
  b.output('y', project(b, b.input('x', [1, values.length]), truncation, schema));
  return runReference(b.build(), { x: Float64Array.from(values) }).y!;
}

/** z, u, v and vo as functions of latitude and longitude in radians, [channel, lat, lon]. */
function fields(
  schema: Schema,
  value: (name: (typeof names)[number], phi: number, lambda: number) => number,
): Float64Array {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  return Float64Array.from(
    names.flatMap((name) =>
      [...schema.grid.latitudes].flatMap((latitude) =>
        [...schema.grid.longitudes].map((longitude) => value(name, radians(latitude), radians(longitude))),
      ),
    ),
  );
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each([11, 12])('the projection on %i rows', (rows) => {
  const schema = schemaOf(rows);

  it('keeps harmonics written out by hand, and the winds that flow along and across the poles', () => {
    const kept = fields(schema, (name, phi, lambda) => {
      const [s, c] = [Math.sin(phi), Math.cos(phi)];
      switch (name) {
        case 'z': // Y₀⁰, Y₁⁰, Y₃², Y₇⁷
          return 2 - s + c * c * s * Math.cos(2 * lambda + 1) + 5 * c ** 7 * Math.sin(7 * lambda);
        case 'u': // rotation about the axis, and one about an axis in the plane of the equator
          return c + s * Math.cos(lambda - 0.4);
        case 'v':
          return -Math.sin(lambda - 0.4);
        case 'vo':
          return s * c * Math.cos(lambda) + 0.5;
      }
    });
    expect(largest(projected(schema, kept), kept)).toBeLessThan(1e-5);
  });

  it('leaves alone what it has projected, and makes a pole one value and one vector', () => {
    const once = projected(schema, randomValues(4 * rows * 18, 3));
    expect(largest(projected(schema, once), once)).toBeLessThan(1e-5);
    if (rows % 2 === 0) return;
    const at = (name: (typeof names)[number], row: number, column: number) =>
      once[(names.indexOf(name) * rows + row) * 18 + column]!;
    for (const row of [0, rows - 1]) {
      for (let column = 0; column < 18; column++) {
        expect(at('z', row, column)).toBeCloseTo(at('z', row, 0), 5);
        // half-way round the same vector has both components reversed
        for (const wind of ['u', 'v'] as const) {
          expect(at(wind, row, column)).toBeCloseTo(-at(wind, row, (column + 9) % 18), 5);
        }
      }
    }
  });

  it('takes out what is too fine: short waves beside a pole nearly whole, those beyond T whole', () => {
    const fine = fields(schema, (_, phi, lambda) => Math.cos(6 * lambda) * (phi > 1.2 ? 1 : 0));
    const size = (values: ArrayLike<number>) =>
      Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
    expect(size(projected(schema, fine))).toBeLessThan(0.05 * size(fine));
    const waves = fields(schema, (_, phi, lambda) => Math.cos(phi) ** 8 * Math.cos(8 * lambda));
    expect(size(projected(schema, waves))).toBeLessThan(1e-5 * size(waves));
  });
});
