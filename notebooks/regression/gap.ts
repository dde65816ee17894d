/**
 * One-dimensional regression with a gap: y = f(x) + noise, x on two stretches of [−1, 1] with nothing between. What a
 * posterior does not know must show there: Foong et al. 2019, arXiv:1906.11537, "In-between uncertainty".
 */
import { normals, uniforms } from '../../core/random/stream.js';
import type { RegressionData } from './training.js';

/** |x| of the data; the gap is what lies below, the outside what lies beyond. */
export const dataFrom = 0.45;
export const dataTo = 0.9;
/** Standard deviation of the noise of y. */
export const noiseSigma = 0.1;

export function truth(x: number): number {
  return Math.sin(4 * x) + 0.5 * x;
}

/** @param count rows, half of them on each side */
export function gapData(count: number, seed = 1): RegressionData {
  const key = { seed, weightSample: 0, noiseStream: 0, purpose: 'training' } as const;
  const [places, noise] = [new Float64Array(count), new Float64Array(count)];
  uniforms({ ...key, step: 0 }, places);
  normals({ ...key, step: 1 }, noise);
  const x = Float32Array.from(
    places,
    (place, i) => (i % 2 === 0 ? 1 : -1) * (dataFrom + (dataTo - dataFrom) * place),
  );
  const y = Float32Array.from(x, (at, i) => truth(at) + noiseSigma * (noise[i] ?? 0));
  return { x, y, noiseSigma };
}

/** [count] places from `from` to `to`. */
export function places(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Root mean square of a spread over the middle of the gap, and over the stretches with data. */
export function gapAndData(
  x: Float32Array,
  deviation: Float64Array,
): { readonly gap: number; readonly data: number } {
  const over = (holds: (distance: number) => boolean): number => {
    const squares = [...deviation].flatMap((value, i) => (holds(Math.abs(x[i] ?? 0)) ? [value ** 2] : []));
    return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
  };
  return {
    gap: over((distance) => distance < dataFrom / 2),
    data: over((distance) => distance >= dataFrom && distance <= dataTo),
  };
}
