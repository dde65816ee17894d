/** The point kernel to use: the plain one. */
import { plainPointKernel } from './plainPointKernel.js';
import type { PointKernel, PointKernelShape } from './pointKernel.js';

/** @throws {PlumeError} internal, for a shape that is none */
export function createPointKernel(shape: PointKernelShape): PointKernel {
  return plainPointKernel(shape);
}
