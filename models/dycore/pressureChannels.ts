/**
 * From sigma levels to what a reanalysis shows: z (m² s⁻²), t (K), u and v (m s⁻¹) at 250, 500 and 850 hPa, msl (Pa),
 * u10 and v10 (m s⁻¹), t2m (K). Columns are independent; fields are [lat, lon, level], top first; no orography.
 *
 * Geopotential of the full levels, hydrostatic with the temperature constant inside each layer
 * (Simmons & Burridge 1981, Mon. Wea. Rev. 109, 758, eqs. 3.14 and 3.19), Φ_s = 0:
 *   Φ_k = Σ_{j>k} R T_j ln(σ_{j+½}/σ_{j−½}) + α_k R T_k,  α_k = 1 − σ_{k−½}/Δσ_k ln(σ_{k+½}/σ_{k−½}),  α_1 = ln 2.
 * For an isothermal layer this is the geopotential at ln σ = ln σ_{k+½} − α_k, so that is where Φ_k is taken to lie
 * (7·10⁻⁴ above the middle of the lowest of eight layers).
 *
 * Between full levels, x = ln p: t, u and v are linear in x. dΦ/dx = −R T then makes Φ a parabola, fixed by the two
 * levels and by its curvature −R ΔT/Δx:
 *   Φ(x) = linear(Φ_k, Φ_{k+1}) − ½ R ΔT/Δx (x − x_k)(x − x_{k+1}).
 * Above the highest full level: t, u and v constant, Φ = Φ_1 + R T_1 (x_1 − x).
 * Below the lowest: u and v constant and t along Γ = 6.5 K km⁻¹, T = T_L (p/p_L)^{RΓ/g}; Φ down to the surface is the
 * parabola from Φ_L to Φ_s = 0, and where p > p_s the column goes on along Γ: Φ = −g T_s/Γ [(p/p_s)^{RΓ/g} − 1].
 *
 * Near the ground: msl is the surface pressure, because the ground lies at sea level everywhere. t2m is the surface
 * temperature of the Γ profile less 2 m · Γ. u10 and v10 are the wind of the lowest level, at height z_L = Φ_L/g, times
 * ln(10 m/z₀)/ln(z_L/z₀): the neutral logarithmic profile over z₀ = 2·10⁻⁴ m, the open sea of the Davenport–Wieringa
 * classes (Wieringa 1992, doi:10.1016/0167-6105(92)90434-C), stretched over the whole lowest half layer.
 */
import type { Channel } from '../../core/schema.js';
import { gasConstant, gravity } from './constants.js';

/** hPa, in the order of the channels. */
export const pressureLevels = [250, 500, 850] as const;

/** K m⁻¹ below the lowest full level. */
export const lapseRate = 6.5e-3;

/** m, of the open sea. */
export const roughnessLength = 2e-4;

function onPressureLevels(variable: string, unit: string): Channel[] {
  return pressureLevels.map((level) => ({ variable, level, unit }));
}

/** What `diagnosePressureChannels` writes, in its order. */
export const pressureChannels: readonly Channel[] = [
  ...onPressureLevels('z', 'm2 s-2'),
  ...onPressureLevels('t', 'K'),
  ...onPressureLevels('u', 'm s-1'),
  ...onPressureLevels('v', 'm s-1'),
  { variable: 'msl', level: null, unit: 'Pa' },
  { variable: 'u10', level: null, unit: 'm s-1' },
  { variable: 'v10', level: null, unit: 'm s-1' },
  { variable: 't2m', level: null, unit: 'K' },
];

export interface ModelLevelColumns {
  /** K, [lat, lon, level] */
  readonly temperature: Float64Array;
  /** m s⁻¹, [lat, lon, level] */
  readonly u: Float64Array;
  /** m s⁻¹, [lat, lon, level] */
  readonly v: Float64Array;
  /** Pa, [lat, lon] */
  readonly surfacePressure: Float64Array;
}

/**
 * @param columns fields on sigma levels, only read
 * @param fullLevels [level], σ, rising
 * @param halfLevels [level + 1], σ, 0 … 1
 * @param out [16, lat, lon]: z250 z500 z850 t250 t500 t850 u250 u500 u850 v250 v500 v850 msl u10 v10 t2m
 */
export function diagnosePressureChannels(
  { temperature, u, v, surfacePressure }: ModelLevelColumns,
  fullLevels: Float64Array,
  halfLevels: Float64Array,
  out: Float32Array,
): void {
  const points = surfacePressure.length;
  const levels = fullLevels.length;
  const last = levels - 1;
  const logFull = fullLevels.map(Math.log);
  const layer = layersOf(halfLevels);
  const logPressures = pressureLevels.map((level) => Math.log(100 * level));
  const count = pressureLevels.length;
  const exponent = (gasConstant * lapseRate) / gravity;
  const toSurface = fullLevels[last]! ** -exponent;
  const logTen = Math.log(10 / roughnessLength);
  const geopotential = new Float64Array(levels);
  const surfaceRow = 4 * count * points;

  for (let point = 0; point < points; point++) {
    const column = point * levels;
    const pressure = surfacePressure[point]!;
    const logSurface = Math.log(pressure);
    let below = 0;
    for (let k = last; k >= 0; k--) {
      const t = gasConstant * temperature[column + k]!;
      geopotential[k] = below + layer.alpha[k]! * t;
      if (k > 0) below += layer.thickness[k]! * t;
    }
    const lowest = column + last;
    const surfaceTemperature = temperature[lowest]! * toSurface;

    for (let i = 0; i < count; i++) {
      const logSigma = logPressures[i]! - logSurface;
      const write = i * points + point;
      let t: number;
      let ut: number;
      let vt: number;
      if (logSigma >= logFull[last]!) {
        t = temperature[lowest]! * Math.exp(exponent * (logSigma - logFull[last]!));
        ut = u[lowest]!;
        vt = v[lowest]!;
      } else if (logSigma <= logFull[0]!) {
        t = temperature[column]!;
        ut = u[column]!;
        vt = v[column]!;
      } else {
        const k = intervalOf(logFull, logSigma);
        const w = (logSigma - logFull[k]!) / (logFull[k + 1]! - logFull[k]!);
        const above = column + k;
        t = temperature[above]! + w * (temperature[above + 1]! - temperature[above]!);
        ut = u[above]! + w * (u[above + 1]! - u[above]!);
        vt = v[above]! + w * (v[above + 1]! - v[above]!);
      }
      out[write + count * points] = t;
      out[write + 2 * count * points] = ut;
      out[write + 3 * count * points] = vt;

      const { position } = layer;
      if (logSigma > 0) {
        out[write] = ((-gravity * surfaceTemperature) / lapseRate) * Math.expm1(exponent * logSigma);
      } else if (logSigma <= position[0]!) {
        out[write] = geopotential[0]! + gasConstant * temperature[column]! * (position[0]! - logSigma);
      } else {
        const k = logSigma >= position[last]! ? last : intervalOf(position, logSigma);
        const ground = k === last;
        const above = logSigma - position[k]!;
        const spacing = (ground ? 0 : position[k + 1]!) - position[k]!;
        const lower = ground ? 0 : geopotential[k + 1]!;
        const lowerTemperature = ground ? surfaceTemperature : temperature[column + k + 1]!;
        const slope = (lowerTemperature - temperature[column + k]!) / spacing;
        const linear = geopotential[k]! + (above / spacing) * (lower - geopotential[k]!);
        out[write] = linear - 0.5 * gasConstant * slope * above * (above - spacing);
      }
    }

    const height = geopotential[last]! / gravity;
    const factor = logTen / Math.log(height / roughnessLength);
    out[surfaceRow + point] = pressure;
    out[surfaceRow + points + point] = factor * u[lowest]!;
    out[surfaceRow + 2 * points + point] = factor * v[lowest]!;
    out[surfaceRow + 3 * points + point] = surfaceTemperature - 2 * lapseRate;
  }
}

interface Layers {
  readonly alpha: Float64Array;
  /** ln(σ_{k+½}/σ_{k−½}); infinite for the top layer, where it is not used. */
  readonly thickness: Float64Array;
  /** ln σ at which Φ_k lies. */
  readonly position: Float64Array;
}

function layersOf(halfLevels: Float64Array): Layers {
  const levels = halfLevels.length - 1;
  const alpha = new Float64Array(levels);
  const thickness = new Float64Array(levels);
  const position = new Float64Array(levels);
  for (let k = 0; k < levels; k++) {
    const [above, below] = [halfLevels[k]!, halfLevels[k + 1]!];
    thickness[k] = Math.log(below / above);
    alpha[k] = k === 0 ? Math.LN2 : 1 - (above / (below - above)) * thickness[k]!;
    position[k] = Math.log(below) - alpha[k]!;
  }
  return { alpha, thickness, position };
}

/** The k with axis[k] ≤ x < axis[k + 1]; x lies inside the rising axis. */
function intervalOf(axis: Float64Array, x: number): number {
  let k = 0;
  while (k < axis.length - 2 && x >= axis[k + 1]!) k++;
  return k;
}
