/**
 * Power of a row of a grid by wavenumber, so that the sum over wavenumbers is the mean of the squares (Parseval).
 *
 *   closed circle   F_k = (1/n) Σ_l x_l e^(−2πi kl/n),  P_0 = |F_0|²,  P_k = 2 |F_k|²,  k = 0 … n/2 whole waves round
 *                   the circle; the last one of an even n, its own mirror image, counts once
 *   open row        P_k = X_k²/n of the orthonormal cosine transform X_k = √(2/n) Σ_l x_l cos(π k (2l + 1)/2n),
 *                   k = 0 … n − 1 half waves along the row. Its mirrored continuation has no jump at the ends, so that a
 *                   slope across the region does not pass for small scales (Denis, Côté & Laprise 2002,
 *                   doi:10.1175/1520-0493(2002)130<1812:SDOTDA>2.0.CO;2)
 *
 * Two rows are transformed at once, as the real and the imaginary part of one complex row. Lengths with factors other
 * than 2, 3 and 5 take the sums as they are written.
 */
import { isFourierLength, planFourier, transformFourier } from '../../core/sphere/fourier.js';

export interface RowPower {
  /** Wavenumbers: n/2 + 1 (rounded down) round a circle, n along an open row. */
  readonly count: number;
  /**
   * @param first, second rows of n values, float64; not written
   * @param firstPower, secondPower [wavenumber], written, unit squared
   */
  ofTwo(first: Float64Array, second: Float64Array, firstPower: Float64Array, secondPower: Float64Array): void;
}

export function rowPower(n: number, closed: boolean): RowPower {
  const count = closed ? Math.floor(n / 2) + 1 : n;
  if (!isFourierLength(n)) return slowRowPower(n, closed, count);
  const plan = planFourier(n);
  const batch = () => ({ re: new Float64Array(n), im: new Float64Array(n) });
  const data = batch();
  const work = batch();
  // Values in the order that turns the cosine transform into a Fourier transform: even places up, odd places down
  // (Makhoul 1980, doi:10.1109/TASSP.1980.1163351).
  const order = Int32Array.from({ length: n }, (_, l) =>
    closed ? l : 2 * l < n ? 2 * l : 2 * (n - 1 - l) + 1,
  );
  const cosine = Float64Array.from({ length: n }, (_, k) => Math.cos((Math.PI * k) / (2 * n)));
  const sine = Float64Array.from({ length: n }, (_, k) => Math.sin((Math.PI * k) / (2 * n)));
  return {
    count,
    ofTwo(first, second, firstPower, secondPower) {
      for (let l = 0; l < n; l++) {
        data.re[l] = first[order[l]!]!;
        data.im[l] = second[order[l]!]!;
      }
      const { re, im } = transformFourier(plan, 1, data, work);
      for (let k = 0; k < count; k++) {
        const mirrored = k === 0 ? 0 : n - k;
        // Of a + ib: A_k = (Z_k + Z*_{n−k})/2, B_k = (Z_k − Z*_{n−k})/2i.
        const ar = re[k]! + re[mirrored]!;
        const ai = im[k]! - im[mirrored]!;
        const br = im[k]! + im[mirrored]!;
        const bi = re[mirrored]! - re[k]!;
        if (closed) {
          const factor = (k === 0 || 2 * k === n ? 1 : 2) / (4 * n * n);
          firstPower[k] = factor * (ar * ar + ai * ai);
          secondPower[k] = factor * (br * br + bi * bi);
        } else {
          const [c, s] = [cosine[k]!, sine[k]!];
          const factor = (k === 0 ? 1 : 2) / (4 * n * n);
          firstPower[k] = factor * (c * ar + s * ai) ** 2;
          secondPower[k] = factor * (c * br + s * bi) ** 2;
        }
      }
    },
  };
}

function slowRowPower(n: number, closed: boolean, count: number): RowPower {
  // Angles are multiples of 2π/n, of 2π/4n along an open row.
  const turns = closed ? n : 4 * n;
  const cosine = Float64Array.from({ length: turns }, (_, i) => Math.cos((2 * Math.PI * i) / turns));
  const sine = Float64Array.from({ length: turns }, (_, i) => Math.sin((2 * Math.PI * i) / turns));
  const powers = (row: Float64Array, power: Float64Array): void => {
    for (let k = 0; k < count; k++) {
      let even = 0;
      let odd = 0;
      for (let l = 0; l < n; l++) {
        const angle = (closed ? k * l : k * (2 * l + 1)) % turns;
        even += row[l]! * cosine[angle]!;
        if (closed) odd += row[l]! * sine[angle]!;
      }
      const once = k === 0 || (closed && 2 * k === n);
      power[k] = ((once ? 1 : 2) / (n * n)) * (even * even + odd * odd);
    }
  };
  return {
    count,
    ofTwo(first, second, firstPower, secondPower) {
      powers(first, firstPower);
      powers(second, secondPower);
    },
  };
}
