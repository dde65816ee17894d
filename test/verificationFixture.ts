/**
 * A verification whose numbers are known in closed form. Truth y and forecast are of unit variance times `scale`; the forecast
 * knows the signal z with correlation ρ = exp(−lead / 120 h): y | z ~ N(ρz, 1 − ρ²), and gives just that distribution.
 *   CRPS = √((1 − ρ²)/π), climatology's 1/√π; event y > t is given p(z) = Φ((ρz − t)/√(1 − ρ²)), and is reliable:
 *   it happens as often as it is given. Brier score E[p(1 − p)], climatology's q(1 − q); rank histograms are flat.
 */
import { gridSize, makeGrid } from '../core/grid.js';
import type { DiagramRow } from '../evaluation/diagramRow.js';
import type { ScoreMap, ScoreMaps } from '../evaluation/scoreMaps.js';
import type { ScoreRow } from '../evaluation/scoreRow.js';
import type { Verification } from '../src/report/verification.js';

export interface FixtureChannel {
  readonly variable: string;
  readonly level: number | null;
  readonly unit: string;
  readonly scale: number;
}

export const fixtureChannels: readonly FixtureChannel[] = [
  { variable: 'z', level: 500, unit: 'm2 s-2', scale: 900 },
  { variable: 't', level: 850, unit: 'K', scale: 4 },
  { variable: 'msl', level: null, unit: 'Pa', scale: 900 },
  { variable: 'u', level: 250, unit: 'm s-1', scale: 14 },
];
export const fixtureLeads = [24, 48, 72, 96, 120, 144, 168, 192, 216, 240] as const;
export const fixtureEvents = [
  { event: 'above p10', share: 0.9, threshold: -1.2815515655446004 },
  { event: 'above p90', share: 0.1, threshold: 1.2815515655446004 },
] as const;
const members = 24;
const starts = 40;
const classes = 12;

/** Signal's correlation with the truth. */
export function correlation(lead: number, kind: 'forecast' | 'persistence' = 'forecast'): number {
  return Math.exp(-lead / (kind === 'forecast' ? 120 : 60));
}

/** Of a unit-variance truth. */
export function crpsOf(rho: number): number {
  return Math.sqrt((1 - rho ** 2) / Math.PI);
}

/** Φ, to 1e-15 by its continued fraction's complement: Simpson's rule on the density is exact enough for tests. */
export function normalShare(x: number): number {
  const [n, from] = [2000, 0];
  const h = (x - from) / n;
  let sum = density(from) + density(x);
  for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * density(from + i * h);
  return 0.5 + (sum * h) / 3;
}

function density(x: number): number {
  return Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** Probabilities given over quantile-like nodes of z, with their weights: the distribution of forecasts of an event. */
export function forecastsOf(
  lead: number,
  threshold: number,
): { readonly p: number; readonly weight: number }[] {
  const rho = correlation(lead);
  const nodes = 161;
  const out: { p: number; weight: number }[] = [];
  let total = 0;
  for (let i = 0; i < nodes; i++) {
    const z = -4 + (8 * i) / (nodes - 1);
    const weight = density(z);
    total += weight;
    out.push({ p: normalShare((rho * z - threshold) / Math.sqrt(1 - rho ** 2)), weight });
  }
  return out.map(({ p, weight }) => ({ p, weight: weight / total }));
}

export function brierOf(lead: number, threshold: number): number {
  return forecastsOf(lead, threshold).reduce((sum, { p, weight }) => sum + weight * p * (1 - p), 0);
}

const regions = [
  { region: 'all', factor: 1 },
  { region: 'nh', factor: 1.15 },
  { region: 'tropics', factor: 0.4 },
] as const;

export function fixtureScores(): ScoreRow[] {
  const rows: ScoreRow[] = [];
  for (const { variable, level, scale } of fixtureChannels) {
    for (const lead_hours of fixtureLeads) {
      const rho = correlation(lead_hours);
      for (const { region, factor } of regions) {
        for (const season of region === 'all' ? ['all', 'DJF', 'JJA'] : ['all']) {
          const size = scale * factor * (season === 'DJF' ? 1.2 : season === 'JJA' ? 0.8 : 1);
          const place = { variable, level, lead_hours, region, season, event: null, n: starts };
          const add = (model: string, metric: string, value: number, half: number, p: number | null = null) =>
            rows.push({
              ...place,
              model,
              metric,
              value,
              ci_low: value - half,
              ci_high: value + half,
              p_value: p,
            });
          const [own, usual, kept] = [
            crpsOf(rho),
            1 / Math.sqrt(Math.PI),
            crpsOf(correlation(lead_hours, 'persistence')),
          ];
          add('ensemble', 'crps', size * own, 0.04 * size);
          add('ensemble', 'rmse', size * Math.sqrt(1 - rho ** 2), 0.05 * size);
          add('ensemble', 'spread', size * Math.sqrt(1 - rho ** 2) * 0.96, 0.02 * size);
          add('ensemble', 'spread_skill_ratio', 0.96, 0.05);
          add('ensemble', 'bias', size * 0.03 * Math.cos(lead_hours / 60), 0.03 * size);
          add('ensemble', 'acc', rho, 0.03);
          add('ensemble', 'epistemic_variance', size ** 2 * (1 - rho ** 2) * 0.2, 0);
          add('ensemble', 'aleatoric_variance', size ** 2 * (1 - rho ** 2) * 0.8, 0);
          add('ensemble', 'epistemic_share', 0.2, 0.01);
          // Of Gaussians: E|X − X′|/2 = σ/√π.
          const entropy = (size * Math.sqrt(1 - rho ** 2)) / Math.sqrt(Math.PI);
          const noise = Math.sqrt(0.8);
          add('ensemble', 'epistemic_crps', entropy * (1 - noise), 0.02 * entropy);
          add('ensemble', 'aleatoric_crps', entropy * noise, 0.02 * entropy);
          add('ensemble', 'epistemic_crps_share', 1 - noise, 0.01);
          const skill = 1 - own / usual;
          add('ensemble', 'crps_skill_score', skill, 0.04);
          add('ensemble', 'crps_skill_vs_persistence', 1 - own / kept, 0.04);
          // Beyond chance while the skill is above its interval's half width.
          const p = 2 * (1 - normalShare(skill / 0.02));
          add('ensemble', 'crps_difference_vs_climatology', size * (own - usual), 0.04 * size * usual, p);
          add('ensemble', 'crps_difference_vs_persistence', size * (own - kept), 0.04 * size, 0.2);
          if (region === 'all' && season === 'all') {
            for (const { event, share, threshold } of fixtureEvents) {
              const brier = brierOf(lead_hours, threshold);
              const happen = { ...place, model: 'ensemble', event, p_value: null };
              const put = (metric: string, value: number, half: number) =>
                rows.push({ ...happen, metric, value, ci_low: value - half, ci_high: value + half });
              put('brier', brier, 0.006);
              put('brier_skill_score', 1 - brier / (share * (1 - share)), 0.05);
              put('roc_area', rocArea(lead_hours, threshold), 0.02);
            }
          }
          add('climatology', 'crps', size * usual, 0.03 * size);
          add('climatology', 'rmse', size, 0.05 * size);
          add('persistence', 'crps', size * kept, 0.04 * size);
        }
      }
    }
  }
  return rows;
}

/** P(given more when it happened than when it did not), ties halved, over the nodes. */
export function rocArea(lead: number, threshold: number): number {
  const nodes = forecastsOf(lead, threshold).sort((a, b) => a.p - b.p);
  const [yes, no] = [0, 1].map((kind) =>
    nodes.reduce((sum, { p, weight }) => sum + weight * (kind === 0 ? p : 1 - p), 0),
  ) as [number, number];
  let below = 0;
  let area = 0;
  for (const { p, weight } of nodes) {
    area += weight * p * (below + (weight * (1 - p)) / 2);
    below += weight * (1 - p);
  }
  return area / (yes * no);
}

export function fixtureDiagrams(): DiagramRow[] {
  const rows: DiagramRow[] = [];
  for (const { variable, level, scale } of fixtureChannels) {
    for (const lead_hours of fixtureLeads) {
      const rho = correlation(lead_hours);
      const place = {
        model: 'ensemble',
        variable,
        level,
        lead_hours,
        region: 'all',
        season: 'all',
        n: starts,
      };
      const none = { ci_low: Number.NaN, ci_high: Number.NaN, weight: null };
      for (let rank = 0; rank <= members; rank++) {
        const flat = 1 / (members + 1);
        // Slightly under-dispersive: more often outside.
        const y = flat * (1 + 0.35 * (2 * (rank / members) - 1) ** 4 - 0.07);
        rows.push({
          ...place,
          event: null,
          diagram: 'rank_histogram',
          series: '',
          x: rank,
          y,
          ci_low: flat * 0.85,
          ci_high: flat * 1.15,
          weight: null,
        });
      }
      for (const { event, share, threshold } of fixtureEvents) {
        const nodes = forecastsOf(lead_hours, threshold);
        const sums = Array.from({ length: classes + 1 }, () => ({ weight: 0, p: 0 }));
        for (const { p, weight } of nodes) {
          const bin = sums[Math.round(p * classes)];
          if (bin === undefined) continue;
          bin.weight += weight;
          bin.p += weight * p;
        }
        const filled = sums.filter(({ weight }) => weight > 1e-6);
        for (const { weight, p } of filled) {
          const x = p / weight;
          const half = 1.96 * Math.sqrt((x * (1 - x)) / Math.max(10, weight * 4000));
          const range = { ci_low: Math.max(0, x - half), ci_high: Math.min(1, x + half) };
          rows.push({ ...place, event, diagram: 'reliability', series: '', x, y: x, ...range, weight });
        }
        const descending = [...nodes].sort((a, b) => b.p - a.p);
        let [hits, alarms] = [0, 0];
        descending.forEach(({ p, weight }, i) => {
          hits += (weight * p) / share;
          alarms += (weight * (1 - p)) / (1 - share);
          if (i % 8 === 0)
            rows.push({
              ...place,
              event,
              diagram: 'roc',
              series: '',
              x: alarms,
              y: hits,
              ...none,
              weight: p,
            });
        });
        // A reliable forecast is best acted on where p exceeds the cost–loss ratio.
        for (let i = 1; i < 40; i++) {
          const cost = i / 40;
          const expense = nodes.reduce((sum, { p, weight }) => sum + weight * Math.min(p, cost), 0);
          const [usual, perfect] = [Math.min(cost, share), cost * share];
          rows.push({
            ...place,
            event,
            diagram: 'value',
            series: '',
            x: cost,
            y: (usual - expense) / (usual - perfect),
            ...none,
            weight: cost,
          });
        }
      }
      for (let wave = 1; wave <= 31; wave++) {
        const truth = scale ** 2 * wave ** -3;
        const kept = rho ** 2 * Math.exp(-((wave / 12) ** 2)) + (1 - rho ** 2) * 0.02;
        for (const [series, y] of [
          ['truth', truth],
          ['members', truth * (1 - 0.2 * (wave / 31) ** 2)],
          ['mean', truth * kept],
        ] as const)
          rows.push({
            ...place,
            event: null,
            diagram: 'spectrum',
            series,
            x: wave,
            y,
            ci_low: y * 0.9,
            ci_high: y * 1.1,
            weight: null,
          });
      }
    }
  }
  return rows;
}

/** Maps over a globe of 33 × 64 points: larger in the storm tracks. */
export function fixtureMaps(grid = globe): ScoreMaps {
  const maps: ScoreMap[] = [];
  const at = (value: (phi: number, lambda: number) => number): Float32Array =>
    Float32Array.from({ length: gridSize(grid) }, (_, point) => {
      const [row, column] = [Math.floor(point / grid.longitudes.length), point % grid.longitudes.length];
      const [latitude = 0, longitude = 0] = [grid.latitudes[row], grid.longitudes[column]];
      return value((latitude * Math.PI) / 180, (longitude * Math.PI) / 180);
    });
  const storms = (phi: number, lambda: number) =>
    0.3 + Math.sin(2 * phi) ** 2 * (1 + 0.3 * Math.cos(2 * lambda));
  /** The weights know the tropics least. */
  const weightShare = (phi: number, lambda: number) =>
    0.1 + 0.3 * Math.cos(phi) ** 2 * (1 + 0.5 * Math.sin(lambda));
  for (const { variable, level, scale } of fixtureChannels.slice(0, 3)) {
    for (const lead_hours of [24, 72, 120, 240]) {
      const rho = correlation(lead_hours);
      const place = { model: 'ensemble', variable, level, lead_hours, n: starts };
      const variance = (phi: number, lambda: number) => (scale * storms(phi, lambda)) ** 2 * (1 - rho ** 2);
      maps.push(
        {
          ...place,
          statistic: 'crps',
          values: at((phi, lambda) => scale * crpsOf(rho) * storms(phi, lambda)),
        },
        {
          ...place,
          statistic: 'bias',
          values: at((phi, lambda) => 0.1 * scale * Math.sin(3 * lambda) * Math.cos(phi)),
        },
        { ...place, statistic: 'spread', values: at((phi, lambda) => Math.sqrt(variance(phi, lambda))) },
        {
          ...place,
          statistic: 'epistemic_variance',
          values: at((phi, lambda) => weightShare(phi, lambda) * variance(phi, lambda)),
        },
        {
          ...place,
          statistic: 'aleatoric_variance',
          values: at((phi, lambda) => (1 - weightShare(phi, lambda)) * variance(phi, lambda)),
        },
      );
    }
  }
  return { grid, maps };
}

const globe = makeGrid(
  Array.from({ length: 33 }, (_, i) => 90 - 5.625 * i),
  Array.from({ length: 64 }, (_, j) => 5.625 * j),
);

export function fixtureVerification(): Verification {
  return {
    scores: fixtureScores(),
    diagrams: fixtureDiagrams(),
    maps: fixtureMaps(),
    units: new Map(fixtureChannels.map(({ variable, level, unit }) => [`${variable}${level ?? ''}`, unit])),
    coast: true,
  };
}
