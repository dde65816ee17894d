/** models/dycore/exponential.ts, two numbers at a time (AssemblyScript): the same operations in the same order. */

@inline
function next(sum: v128, r: v128, coefficient: f64): v128 {
  return f64x2.add(f64x2.mul(sum, r), f64x2.splat(coefficient));
}

@inline
export function exponential(x: v128): v128 {
  const rounder = f64x2.splat(6755399441055744);
  const within = f64x2.max(f64x2.splat(-700), f64x2.min(f64x2.splat(700), x));
  const shifted = f64x2.add(f64x2.mul(within, f64x2.splat(1.4426950408889634)), rounder);
  const k = f64x2.sub(shifted, rounder);
  const rest = f64x2.sub(within, f64x2.mul(k, f64x2.splat(0.6931471803691238)));
  const r = f64x2.sub(rest, f64x2.mul(k, f64x2.splat(1.9082149292705877e-10)));
  let sum = f64x2.splat(1.0 / 6227020800.0);
  sum = next(sum, r, 1.0 / 479001600.0);
  sum = next(sum, r, 1.0 / 39916800.0);
  sum = next(sum, r, 1.0 / 3628800.0);
  sum = next(sum, r, 1.0 / 362880.0);
  sum = next(sum, r, 1.0 / 40320.0);
  sum = next(sum, r, 1.0 / 5040.0);
  sum = next(sum, r, 1.0 / 720.0);
  sum = next(sum, r, 1.0 / 120.0);
  sum = next(sum, r, 1.0 / 24.0);
  sum = next(sum, r, 1.0 / 6.0);
  sum = next(sum, r, 0.5);
  sum = next(sum, r, 1.0);
  sum = next(sum, r, 1.0);
  // the low bits of the shifted number are k
  const power = i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52);
  return f64x2.mul(sum, power);
}
