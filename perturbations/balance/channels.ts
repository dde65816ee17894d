/**
 * Which channels of a schema a balanced flow changes, and how: each is a linear function of the streamfunction ψ, the
 * geopotential Φ or their derivatives at its own pressure p.
 *   u, v                the wind there; u10, v10 (and u100, v100) a part of that at 1000 hPa
 *   vo, d               its vorticity and divergence
 *   z                   Φ
 *   t, t2m              −(1/R_d) ∂Φ/∂ln p
 *   msl, sp, lnsp       δp = ρ₀ Φ and δ ln p_s = Φ/(R_d T₀) of Φ at 1000 hPa, ρ₀ = p₀/(R_d T₀)
 * Model levels (vo_ml3, …) are taken as pressure levels at σ · 1000 hPa. As the surface pressure rises, a level sinks to
 * where it is warmer by (∂T̄/∂ln p) δ ln p_s, T̄ the US standard atmosphere 1976: that keeps Φ_σ + R_d T̄(σ) δ ln p_s, whose
 * gradient moves the air on a level, equal to Φ at its pressure. T̄ and T₀ are the same everywhere, which the air is not:
 * what goes through the surface pressure is in balance to about a tenth.
 * All other channels (humidity, rain, constants) stay as they are.
 */
import { usageError } from '../../core/errors.js';
import { type Channel, channelName, type Schema } from '../../core/schema.js';
import { unitConversion } from '../../core/units.js';
import { gasConstant, groundPressure, surfaceTemperature } from './planet.js';

/** What a channel is a multiple of. `thickness` is ∂Φ/∂ln p. */
export type BalancedQuantity =
  | 'eastward'
  | 'northward'
  | 'vorticity'
  | 'divergence'
  | 'geopotential'
  | 'thickness';

export interface BalancedChannel {
  /** Its place in the schema. */
  readonly channel: number;
  readonly quantity: BalancedQuantity;
  /** Multiplies the quantity (SI units) to give the channel in its own unit. */
  readonly factor: number;
  /** hPa */
  readonly pressure: number;
  /** Of temperature on a model level: between which pressures it is the mean, hPa; null: at its pressure. */
  readonly layer: readonly [number, number] | null;
  /** Multiplies Φ at 1000 hPa, which is added: of temperatures on model levels, else 0. */
  readonly surfaceFactor: number;
}

/**
 * Wind near the ground beside that of the air above: the neutral logarithmic profile over the open sea, whose roughness
 * is 0.2 mm (Wieringa 1992, doi:10.1016/0167-6105(92)90434-C), up to 500 m.
 */
function nearGround(metres: number): number {
  const roughness = 2e-4;
  return Math.log(metres / roughness) / Math.log(500 / roughness);
}

interface Known {
  readonly quantity: BalancedQuantity;
  readonly unit: string;
  readonly factor: number;
}

const wind = (quantity: 'eastward' | 'northward', factor = 1): Known => ({ quantity, unit: 'm s-1', factor });
const thickness: Known = { quantity: 'thickness', unit: 'K', factor: -1 / gasConstant };
const mass = (unit: string, factor: number): Known => ({ quantity: 'geopotential', unit, factor });

const known: Readonly<Record<string, Known>> = {
  u: wind('eastward'),
  v: wind('northward'),
  u10: wind('eastward', nearGround(10)),
  v10: wind('northward', nearGround(10)),
  u100: wind('eastward', nearGround(100)),
  v100: wind('northward', nearGround(100)),
  vo: { quantity: 'vorticity', unit: 's-1', factor: 1 },
  d: { quantity: 'divergence', unit: 's-1', factor: 1 },
  z: mass('m2 s-2', 1),
  t: thickness,
  t2m: thickness,
  msl: mass('Pa', (100 * groundPressure) / (gasConstant * surfaceTemperature)),
  sp: mass('Pa', (100 * groundPressure) / (gasConstant * surfaceTemperature)),
  lnsp: mass('1', 1 / (gasConstant * surfaceTemperature)),
};

/** Variables that are something else without a level: z there is the height of the ground. */
const needLevel = new Set(['u', 'v', 'z', 't', 'vo', 'd']);

/** 'u10' → 'v10' */
const partner: Readonly<Record<string, string>> = Object.fromEntries(
  ['', '10', '100'].flatMap((height) => [
    [`u${height}`, `v${height}`],
    [`v${height}`, `u${height}`],
  ]),
);

/**
 * @param pressures hPa by channel
 * @throws {PlumeError} usage, when one component of a wind is there without the other, or nothing that says how strong
 * the flow is; data, for a unit that a channel cannot have
 */
export function balancedChannels(schema: Schema, pressures: readonly number[]): BalancedChannel[] {
  const found: BalancedChannel[] = [];
  const levels = pressures.filter((_, c) => {
    const channel = schema.channels[c];
    return channel !== undefined && isTemperatureOnModelLevel(channel);
  });
  schema.channels.forEach((channel, index) => {
    const [name, onModelLevel] = stemOf(channel);
    const entry = Object.hasOwn(known, name) ? known[name] : undefined;
    if (entry === undefined || (needLevel.has(name) && channel.level === null && !onModelLevel)) return;
    requirePartner(schema, channel);
    const { scale } = unitConversion(entry.unit, channel.unit);
    const pressure = pressures[index] ?? Number.NaN;
    const sinks = entry.quantity === 'thickness' && onModelLevel;
    found.push({
      channel: index,
      quantity: entry.quantity,
      factor: entry.factor * scale,
      pressure,
      layer: sinks ? layerOf(pressure, levels) : null,
      surfaceFactor: sinks ? (scale * standardSlope(pressure)) / (gasConstant * surfaceTemperature) : 0,
    });
  });
  if (!found.some(({ quantity }) => quantity !== 'thickness' && quantity !== 'divergence')) {
    throw usageError(
      `balance needs wind, vorticity, geopotential or surface pressure; the model's channels are ` +
        `${schema.channels.map(channelName).join(', ')}: choose a perturbation that treats channels one by one (red, ` +
        'spherical-gaussian), or state-difference',
    );
  }
  return found;
}

function isTemperatureOnModelLevel(channel: Channel): boolean {
  const [name, onModelLevel] = stemOf(channel);
  return onModelLevel && name === 't';
}

/**
 * Half-way to the neighbouring levels, and the ground below the lowest. The mean over ln p between them makes Φ at their
 * edges what a model's own sum of layers gives. The top layer reaches to no pressure: there Φ of the level itself counts
 * (Simmons & Burridge 1981, Mon. Wea. Rev. 109, 758, α₁ = ln 2).
 */
function layerOf(pressure: number, levels: readonly number[]): [number, number] {
  const above = Math.max(...levels.filter((other) => other < pressure));
  const below = Math.min(...levels.filter((other) => other > pressure));
  return [
    Number.isFinite(above) ? (above + pressure) / 2 : pressure,
    Number.isFinite(below) ? (pressure + below) / 2 : groundPressure,
  ];
}

/** ∂T̄/∂ln p of the US standard atmosphere, K: 6.5 K/km up to 226.32 hPa, and the same temperature above. */
function standardSlope(pressure: number): number {
  const exponent = 0.190263;
  return pressure < 226.32 ? 0 : exponent * surfaceTemperature * (pressure / 1013.25) ** exponent;
}

/** 'vo_ml3' → 'vo', on a model level. */
function stemOf({ variable }: Channel): [string, boolean] {
  const match = /^(.+)_ml\d+$/.exec(variable);
  return match === null ? [variable, false] : [match[1] ?? '', true];
}

function requirePartner(schema: Schema, channel: Channel): void {
  const [name] = stemOf(channel);
  const other = partner[name];
  if (other === undefined) return;
  const wanted = { ...channel, variable: channel.variable.replace(name, other) };
  if (schema.channels.some(({ variable, level }) => variable === wanted.variable && level === wanted.level)) {
    return;
  }
  throw usageError(
    `balance changes both components of a wind, and the model has ${channelName(channel)} without ${channelName(wanted)}: ` +
      `use a model with ${channelName(wanted)}, or a perturbation that treats channels one by one (red, spherical-gaussian)`,
  );
}
