/**
 * How a random field hangs together from level to level: in x = ln p it is a sum of independent horizontal fields, each
 * of variance 1, with
 *   c(x) = S(x)/√M · {1, cos kξ, sin kξ : k = 1 … M − 1},   ξ = π (x − x_top)/(x_bottom − x_top).
 * Cosine and sine of a mode make a cosine of random phase: the variance at x is S²(x), and the correlation between two
 * levels, (1/M) Σ cos kΔξ, is the same everywhere; M = 1 has one pattern at all levels. Since c is known in closed form, so
 * is dc/dx, and temperature is in hydrostatic balance with geopotential without differences between levels.
 * S follows amplitudes that are given at some levels: their mean weighted by a Gaussian in x (Nadaraya 1964; Watson 1964),
 * which is smooth, positive and, beyond the levels, tends to the nearest.
 */
import { usageError } from '../../core/errors.js';
import { groundPressure } from './planet.js';

export interface VerticalModes {
  /** Horizontal fields, 2M − 1. */
  readonly fields: number;
  /** S, the root of the sum of squares of c. */
  amplitude(pressure: number): number;
  /** c by field. */
  values(pressure: number): Float64Array;
  /** dc/dx by field. */
  slopes(pressure: number): Float64Array;
}

export interface LevelAmplitude {
  /** hPa */
  readonly pressure: number;
  readonly amplitude: number;
}

/** Smoothing of S, in ln p: from 850 to 500 hPa. */
const bandwidth = 0.5;
/** hPa. The layer of the modes reaches from the ground to the tropopause at least. */
const leastTop = 250;
const mostModes = 20;

/**
 * @param modes M
 * @param topPressure hPa, of the highest channel
 * @param amplitudes at least one
 * @throws {PlumeError} usage, for a number of modes that is not whole, or too high
 */
export function verticalModes(
  modes: number,
  topPressure: number,
  amplitudes: readonly LevelAmplitude[],
): VerticalModes {
  if (!(Number.isInteger(modes) && modes >= 1 && modes <= mostModes)) {
    throw usageError(
      `balanced perturbation with ${modes} vertical modes (verticalModes); give a whole number from 1 (one pattern at all ` +
        `levels) to ${mostModes}`,
    );
  }
  const top = Math.log(Math.min(topPressure, leastTop));
  const wave = Math.PI / (Math.log(groundPressure) - top);
  const fields = 2 * modes - 1;
  const part = Math.sqrt(1 / modes);

  /** S and dS/dx. */
  const smooth = (x: number): [number, number] => {
    let [sum, weights, sumSlope, weightSlope] = [0, 0, 0, 0];
    for (const { pressure, amplitude } of amplitudes) {
      const apart = (x - Math.log(pressure)) / bandwidth;
      const weight = Math.exp(-0.5 * apart * apart);
      const slope = (-apart / bandwidth) * weight;
      sum += weight * amplitude;
      weights += weight;
      sumSlope += slope * amplitude;
      weightSlope += slope;
    }
    const value = sum / weights;
    return [value, (sumSlope - value * weightSlope) / weights];
  };

  return {
    fields,
    amplitude: (pressure) => smooth(Math.log(pressure))[0],
    values(pressure) {
      const x = Math.log(pressure);
      const [s] = smooth(x);
      return Float64Array.from({ length: fields }, (_, field) => s * part * shape(field, wave * (x - top)));
    },
    slopes(pressure) {
      const x = Math.log(pressure);
      const [s, slope] = smooth(x);
      const angle = wave * (x - top);
      return Float64Array.from(
        { length: fields },
        (_, field) => part * (slope * shape(field, angle) + s * wave * shapeSlope(field, angle)),
      );
    },
  };
}

/** 1, cos ξ, sin ξ, cos 2ξ, sin 2ξ, … */
function shape(field: number, angle: number): number {
  const k = Math.ceil(field / 2);
  return field % 2 === 1 || field === 0 ? Math.cos(k * angle) : Math.sin(k * angle);
}

function shapeSlope(field: number, angle: number): number {
  const k = Math.ceil(field / 2);
  return field % 2 === 1 || field === 0 ? -k * Math.sin(k * angle) : k * Math.cos(k * angle);
}
