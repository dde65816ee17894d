/**
 * What the dycore takes implicitly after each step, x ← x / (1 + seconds · rate): scale-selective hyperdiffusion ∇⁸ of
 * ζ, D and T (Held & Suarez 1994, section 2b), and friction of ζ and D.
 */

/** e-folding time of the smallest wave, seconds, and the power of the Laplacian. */
const diffusionSeconds = 8_640;
const diffusionOrder = 4;

export interface DampingFactors {
  /** Of ζ and D, [n, level], n = 0 … T. */
  readonly momentum: Float64Array;
  /** Of T, [n] */
  readonly heat: Float64Array;
}

/** @param friction by level, s⁻¹ */
export function dampingFactors(truncation: number, friction: Float64Array, seconds: number): DampingFactors {
  const smallest = truncation * (truncation + 1);
  const diffusion = Float64Array.from(
    { length: truncation + 1 },
    (_, n) => ((n * (n + 1)) / smallest) ** diffusionOrder / diffusionSeconds,
  );
  const L = friction.length;
  return {
    momentum: Float64Array.from(
      { length: (truncation + 1) * L },
      (_, i) => 1 / (1 + seconds * (diffusion[Math.floor(i / L)]! + friction[i % L]!)),
    ),
    heat: diffusion.map((rate) => 1 / (1 + seconds * rate)),
  };
}
