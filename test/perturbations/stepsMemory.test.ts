/** A step allocates no arrays: what streams need is there before the first one. */
import { expect, it } from 'vitest';
import { gridSize } from '../../core/grid.js';
import type { StepPerturbation } from '../../core/interfaces.js';
import { createBackscatter } from '../../perturbations/steps/backscatter.js';
import { createLearnedNoise } from '../../perturbations/steps/learnedNoise.js';
import { createSppt } from '../../perturbations/steps/sppt.js';
import { contextOf, globe, memberKeys } from './stepsFixture.js';

const names = ['z500', 'u500', 'v500', 'q500', 'vo_ml1'];
const context = contextOf(globe, names);
const rows = 11;
const length = rows * names.length * gridSize(globe);

const scales = [{ sigma: 0.5, lengthKm: 2500, timeHours: 6 }];
const noise = { kind: 'noise', scales, factor: 1, antithetic: true } as const;
const perturbations: Readonly<Record<string, StepPerturbation>> = {
  'perturbed tendencies': createSppt(
    { kind: 'sppt', scales, clip: 2, stratosphere: null, boundaryLayer: null, surface: 1, antithetic: true },
    context,
  ),
  backscatter: createBackscatter(
    { kind: 'skeb', rate: 1e-5, timeHours: 3, power: -1.83, fromDegree: 1, toDegree: 10, antithetic: true },
    context,
  ),
  'learned noise': createLearnedNoise({ ...noise, balance: 'none' }, context),
  'balanced learned noise': createLearnedNoise({ ...noise, balance: 'linear' }, context),
};

for (const [name, perturbation] of Object.entries(perturbations)) {
  it(`of ${name}`, () => {
    const streams = perturbation.streams(memberKeys(rows));
    const before = new Float32Array(length);
    const step = {
      firstRow: 0,
      rows,
      before,
      after: new Float32Array(length).fill(1),
      amplitude: before.slice().fill(1),
    };
    streams.apply(step);
    const held = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 50; i++) streams.apply(step);
    expect(process.memoryUsage().arrayBuffers).toBeLessThanOrEqual(held);
    expect(step.after.every(Number.isFinite)).toBe(true);
  });
}
