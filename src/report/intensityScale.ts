/**
 * Colours of intensity: of winds by Saffir–Simpson class, the two lowest of them halved, of pressures by steps, the deeper the darker. Pale ends of the
 * scheme are left out: lines of them would not be seen.
 */
import { intensityClass, intensityClasses, knot } from '../../evaluation/cyclones/saffirSimpson.js';
import type { Fix, Storm } from '../../evaluation/cyclones/track.js';
import { type ColourScale, colourScale } from './colourScale.js';

export interface IntensityScale {
  readonly what: 'wind' | 'pressure';
  /** Of values as shown: m s⁻¹ or hPa. */
  readonly scale: ColourScale;
  readonly unit: string;
  /** Position of the colour; −1 where the value is unknown. */
  step(fix: Fix): number;
}

const paleSteps = 3;

/** Share of the fixes with the wind of a storm from which on winds tell more than pressures: of tropical cyclones, not of lows. */
const windyShare = 0.05;

export function intensityScale(storms: readonly Storm[]): IntensityScale {
  const fixes = storms.flatMap(({ tracks }) => tracks.flatMap(({ track }) => track.fixes));
  const known = (what: 'wind' | 'pressure'): number[] =>
    fixes.map((fix) => fix[what]).filter((value) => !Number.isNaN(value));
  const [winds, pressures] = [known('wind'), known('pressure')];
  const windy = winds.filter((wind) => intensityClass(wind) > 0).length;
  return windy > windyShare * fixes.length || pressures.length === 0 ? windScale() : pressureScale(pressures);
}

function windScale(): IntensityScale {
  const classes = intensityClasses.map(({ fromKnots }) => Number((fromKnots * knot).toFixed(0)));
  const bounds = [0, 10, ...classes.slice(1, 2), 25, ...classes.slice(2)];
  const colours = darkSteps(bounds.length);
  return {
    what: 'wind',
    unit: 'm s⁻¹',
    scale: { bounds, colours, edges: [...bounds, 85], ground: 'pale' },
    step: ({ wind }) => stepOf(bounds, wind),
  };
}

function pressureScale(pressures: readonly number[]): IntensityScale {
  const [low, high] = [
    pressures.reduce((a, b) => Math.min(a, b), 101_000) / 100,
    pressures.reduce((a, b) => Math.max(a, b), 99_000) / 100,
  ];
  const { bounds } = colourScale(low, high, 'orrd', 7);
  const colours = darkSteps(bounds.length).reverse();
  return {
    what: 'pressure',
    unit: 'hPa',
    scale: { bounds, colours, ground: 'pale' },
    step: ({ pressure }) => stepOf(bounds, pressure / 100),
  };
}

function stepOf(bounds: readonly number[], value: number): number {
  if (Number.isNaN(value)) return -1;
  return Math.max(
    0,
    bounds.findLastIndex((bound) => value >= bound),
  );
}

function darkSteps(count: number): string[] {
  return [...colourScale(0, count + paleSteps, 'orrd', count + paleSteps).colours].slice(-count);
}
