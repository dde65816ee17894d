/** The point kernel to use: SIMD where it is built, else the plain one. */
import { plainPointKernel } from './plainPointKernel.js';
import type { PointKernel, PointKernelShape } from './pointKernel.js';
import { hasScoreKernels } from './scoreModule.js';
import { simdPointKernel } from './simdPointKernel.js';

/**
 * @throws {PlumeError} internal, for a shape that is none; resources, when there is no memory for it
 */
export function createPointKernel(shape: PointKernelShape): PointKernel {
  return hasScoreKernels() ? simdPointKernel(shape) : plainPointKernel(shape);
}
