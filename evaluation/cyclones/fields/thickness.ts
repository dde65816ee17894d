/**
 * How thick a layer of the atmosphere is, and so how warm: Φ(p₁) − Φ(p₂) = R_d T̄ ln(p₂/p₁) (hypsometric equation).
 * Where the two geopotentials of a layer are missing, what is there stands for it: geopotentials of levels near by,
 * scaled to the same mean temperature, or a temperature within the layer as its mean. A threshold on the thickness then
 * asks for the same warmth: −58.8 m² s⁻² between 300 and 500 hPa is −0.4 K.
 */
import type { FieldNeed, FieldsAt } from '../tracker.js';

/** Dry air, J kg⁻¹ K⁻¹. */
export const gasConstant = 287.05;

export interface Layer {
  /** hPa */
  readonly upper: number;
  readonly lower: number;
  /** Geopotentials that may stand for the upper and lower ones, and temperatures for their mean, hPa, best first. */
  readonly otherUpper: readonly number[];
  readonly otherLower: readonly number[];
  readonly temperatures: readonly number[];
}

export interface LayerField {
  /** m² s⁻² of the layer that was asked for, [lat, lon]. */
  readonly thickness: Float32Array;
  /** What stands for the layer, in words, or null where nothing had to. */
  readonly standIn: string | null;
}

/** What a tracker needs to see of a layer, none of it required: either pair serves. */
export function layerNeeds({ upper, lower, otherUpper, otherLower, temperatures }: Layer): FieldNeed[] {
  const names = (letter: string, levels: readonly number[]): string[] =>
    levels.map((level) => `${letter}${level}`);
  const warm = names('t', temperatures);
  return [
    { anyOf: [...names('z', [upper, ...otherUpper]), ...warm], required: false },
    { anyOf: [...names('z', [lower, ...otherLower]), ...warm], required: false },
  ];
}

/** "Z300 − Z500" */
export function describeLayer({ upper, lower }: Pick<Layer, 'upper' | 'lower'>): string {
  return `Z${upper} − Z${lower}`;
}

/** @returns null where nothing can stand for the layer */
export function layerThickness(layer: Layer, fields: FieldsAt): LayerField | null {
  const depth = Math.log(layer.lower / layer.upper);
  for (const lower of [layer.lower, ...layer.otherLower]) {
    for (const upper of [layer.upper, ...layer.otherUpper]) {
      if (upper >= lower) continue;
      const [top, bottom] = [fields(`z${upper}`), fields(`z${lower}`)];
      if (top === null || bottom === null) continue;
      const scale = depth / Math.log(lower / upper);
      const exact = upper === layer.upper && lower === layer.lower;
      return {
        thickness: top.map((value, point) => scale * (value - bottom[point]!)),
        standIn: exact ? null : `${describeLayer({ upper, lower })}, scaled by ${scale.toFixed(2)}`,
      };
    }
  }
  for (const level of layer.temperatures) {
    const temperature = fields(`t${level}`);
    if (temperature === null) continue;
    return {
      thickness: temperature.map((value) => gasConstant * depth * value),
      standIn: `the temperature at ${level} hPa as mean of the layer`,
    };
  }
  return null;
}
