/**
 * Steps of colour for a range of values: round bounds, perceptually uniform and safe for colour-blind readers
 * (viridis family: Smith & van der Walt 2015; cividis: Nuñez, Anderton & Renslow 2018; batlow: Crameri 2018,
 * doi:10.5281/zenodo.1243862;
 * vik: see divergingSteps; YlGnBu, BuPu, OrRd, Blues: Harrower & Brewer 2003).
 */
import * as Plot from '@observablehq/plot';
import { vik } from './divergingSteps.js';
import { roundStep } from './roundStep.js';
import { tickText } from './valueAxis.js';

export type Scheme =
  | 'viridis'
  | 'plasma'
  | 'magma'
  | 'inferno'
  | 'cividis'
  | 'batlow'
  | 'ylgnbu'
  | 'bupu'
  | 'orrd'
  | 'blues'
  /** Blue below, brown above the middle. */
  | 'vik';

/** Ten steps of batlow, from its author's tables. */
const batlow = [
  ...['#011959', '#103f60', '#1c5a62', '#3c6d56', '#687b3e'],
  ...['#9d892b', '#d29343', '#f8a17b', '#fdb7bc', '#faccfa'],
];

export interface ColourScale {
  /** Rising; a value belongs to the last bound that it reaches. */
  readonly bounds: readonly number[];
  /** One colour for each bound: values from it up to the next; the last for everything above. */
  readonly colours: readonly string[];
  /** Edges of the steps as written at the bar, one more than bounds; default: bounds of equal steps. */
  readonly edges?: readonly number[];
  /** Whether most of what lies beneath lines is light or dark. */
  readonly ground: 'pale' | 'deep';
}

const paleSchemes: readonly Scheme[] = ['ylgnbu', 'bupu', 'orrd', 'blues', 'vik'];
/** Schemes that Plot does not know. */
const tables: Partial<Record<Scheme, readonly string[]>> = { batlow, vik: [...vik].reverse() };

/** About `steps` bands of round width from the lowest to the highest value. */
export function colourScale(low: number, high: number, scheme: Scheme, steps: number): ColourScale {
  const step = roundStep((high - low) / steps);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const bounds = Array.from({ length: last - first }, (_, i) => Number(((first + i) * step).toPrecision(10)));
  const table = tables[scheme];
  const scale = Plot.scale({
    color:
      table === undefined
        ? { type: 'linear', scheme: scheme as Plot.ColorScheme, domain: [0, 1] }
        : { type: 'linear', domain: table.map((_, i) => i / (table.length - 1)), range: [...table] },
  });
  // The ends of a scheme are nearly black and nearly white: a little is left off both.
  const colours = bounds.map((_, i) => String(scale.apply(0.06 + (0.9 * (i + 0.5)) / bounds.length)));
  return { bounds, colours, ground: paleSchemes.includes(scheme) ? 'pale' : 'deep' };
}

/**
 * Nine steps of 1, 2, 5, 10, …, from zero, or about zero either way for vik: for what grows from lead to lead by more
 * than equal steps can show.
 * @param size largest absolute value
 */
export function growingScale(size: number, scheme: Scheme): ColourScale {
  const both = scheme === 'vik';
  const rising = [roundTo125(size)];
  while (rising.length < (both ? 5 : 9)) rising.unshift(stepBelow125(rising[0] ?? 1));
  const edges = both ? [...rising.map((edge) => -edge).reverse(), ...rising] : [0, ...rising];
  const bounds = edges.slice(0, -1);
  return { ...colourScale(0, bounds.length, scheme, bounds.length), bounds, edges };
}

/** 1, 2 or 5 times a power of ten, not below x. */
function roundTo125(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x > 0 ? x : 1));
  const lead = [1, 2, 5, 10].find((each) => each * power >= x * (1 - 1e-9)) ?? 10;
  return Number((lead * power).toPrecision(3));
}

function stepBelow125(edge: number): number {
  const digit = Number(edge.toExponential(0)[0]);
  return Number((digit === 5 ? edge * 0.4 : edge / 2).toPrecision(3));
}

/** A bar of the steps with labels at their bounds, as inline SVG. */
export function colourBar(scale: ColourScale, unit: string, name: string): string {
  const { bounds, colours } = scale;
  const [width, height, top] = [300, 30, 2];
  const cell = width / bounds.length;
  const step = (bounds[1] ?? bounds[0]! + 1) - bounds[0]!;
  const labels = scale.edges ?? [...bounds, bounds[bounds.length - 1]! + step];
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9) + (isHalfStep(step) ? 1 : 0)));
  const written =
    scale.edges?.map(tickText) ?? labels.map((value) => value.toFixed(digits).replace('-', '−'));
  const longest = Math.max(...written.map((text) => text.length));
  // As many labels as stand apart.
  const every = Math.ceil(bounds.length / Math.min(7, Math.floor(width / (6.6 * longest + 8))));
  const cells = colours
    .map(
      (colour, i) =>
        `<rect x="${(i * cell).toFixed(1)}" y="${top}" width="${(cell + 0.3).toFixed(1)}" height="9" fill="${colour}"/>`,
    )
    .join('');
  const texts = written
    .map((text, i) =>
      i % every === 0 ? `<text x="${(i * cell).toFixed(1)}" y="${top + 21}">${text}</text>` : '',
    )
    .join('');
  return (
    `<svg class="bar" viewBox="-14 0 ${width + 22 + Math.max(38, 7 * unit.length)} ${height}" role="img" aria-label="colour bar of ${name}, ${unit}">` +
    `${cells}${texts}<text class="unit" x="${width + 8}" y="${top + 9}">${unit}</text></svg>`
  );
}

/** Steps of 2.5 need one decimal more than their size says. */
function isHalfStep(step: number): boolean {
  const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
  return Math.abs(lead - 2.5) < 1e-6;
}
