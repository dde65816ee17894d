/**
 * Where the spread of a run comes from, lead by lead: area means over all starts of the two sources, as variances and as
 * parts of the CRPS entropy, from what stands beside the fields of its products (core/store/productFile.ts). Means are of
 * the estimates before any cut, and cut at 0 last; the share of a source is its mean over the sum of both means, never a
 * mean of shares.
 */
import { gridSize } from '../core/grid.js';
import { channelName } from '../core/schema.js';
import type { FieldSummary } from '../core/store/productFile.js';
import type { Manifest, RunReader } from '../core/store/run.js';
import { headlineChannels, shownLeads } from './report/compareTable.js';
import { displayUnit, formatValue } from './report/displayUnit.js';

/** Of one channel and lead; NaN where a design of K × J members cannot tell. JSON has null there. */
export interface SpreadSources {
  readonly channel: string;
  readonly unit: string;
  readonly lead_hours: number;
  /** Starts that the means are over. */
  readonly starts: number;
  /** Root of the mean variance over members, unit of the channel. */
  readonly spread: number;
  /** Unit squared. */
  readonly epistemic_variance: number;
  readonly aleatoric_variance: number;
  readonly epistemic_share: number;
  /** Unit of the channel: ½ E|X − X′|. */
  readonly epistemic_crps: number;
  readonly aleatoric_crps: number;
  readonly epistemic_crps_share: number;
  /** Share of the points whose epistemic estimate was negative, and is 0 in the products. */
  readonly cut_share: number;
  readonly cut_crps_share: number;
}

/** What is read of a run. */
export interface SourcesRun
  extends Pick<RunReader, 'starts' | 'leadsHours' | 'schema' | 'hasProducts' | 'readProductSummaries'> {
  readonly manifest: Pick<Manifest, 'weight_samples' | 'noise_streams'>;
}

/**
 * Sources of the spread of the headline channels, at every lead.
 * @returns nothing where the design is not nested (K > 1 and J > 1), or no start has its products
 * @throws {PlumeError} data, when a product file is damaged
 */
export async function spreadSources(run: SourcesRun): Promise<SpreadSources[]> {
  const { weight_samples: K, noise_streams: J } = run.manifest;
  const starts = Array.from(run.starts).filter((start) => run.hasProducts(start));
  if (K < 2 || J < 2 || starts.length === 0) return [];
  const names = run.schema.channels.map(channelName);
  const found: SpreadSources[] = [];
  for (const name of headlineChannels(names)) {
    const channel = names.indexOf(name);
    const unit = run.schema.channels[channel]?.unit ?? '';
    for (const lead of run.leadsHours) {
      const all: ReadonlyMap<string, FieldSummary>[] = [];
      for (const start of starts) {
        const summaries = await run.readProductSummaries(start, lead, channel);
        if (summaries?.has('epistemic_crps')) all.push(summaries);
      }
      if (all.length > 0)
        found.push(sourcesOf({ channel: name, unit, lead_hours: lead }, all, gridSize(run.schema.grid)));
    }
  }
  return found;
}

function sourcesOf(
  place: Pick<SpreadSources, 'channel' | 'unit' | 'lead_hours'>,
  starts: readonly ReadonlyMap<string, FieldSummary>[],
  points: number,
): SpreadSources {
  const mean = (statistic: string, of: (summary: FieldSummary) => number): number =>
    starts.reduce((sum, each) => {
      const summary = each.get(statistic);
      return sum + (summary === undefined ? Number.NaN : of(summary));
    }, 0) / starts.length;
  const areaMean = (statistic: string): number => mean(statistic, (summary) => summary.areaMean);
  const cutShare = (statistic: string): number => mean(statistic, (summary) => summary.cutPoints) / points;
  const [variance, aleatoricVariance] = [areaMean('epistemic_variance'), areaMean('aleatoric_variance')];
  const [crps, aleatoricCrps] = [areaMean('epistemic_crps'), areaMean('aleatoric_crps')];
  const share = (epistemic: number, aleatoric: number): number => {
    const cut = Math.max(0, epistemic);
    return cut / (cut + aleatoric);
  };
  return {
    ...place,
    starts: starts.length,
    spread: Math.sqrt(mean('spread', (summary) => summary.areaMean ** 2)),
    epistemic_variance: Math.max(0, variance),
    aleatoric_variance: aleatoricVariance,
    epistemic_share: share(variance, aleatoricVariance),
    epistemic_crps: Math.max(0, crps),
    aleatoric_crps: aleatoricCrps,
    epistemic_crps_share: share(crps, aleatoricCrps),
    cut_share: cutShare('epistemic_variance'),
    cut_crps_share: cutShare('epistemic_crps'),
  };
}

/** A line a lead, a block a channel; empty where there is nothing to tell. */
export function spreadSourcesTable(sources: readonly SpreadSources[]): string {
  const channels = [...new Set(sources.map(({ channel }) => channel))];
  const lines = channels.flatMap((channel) => {
    const own = sources.filter((each) => each.channel === channel);
    const shown = shownLeads(own.map((each) => each.lead_hours));
    const { label, factor } = displayUnit(own[0]?.unit ?? '');
    const size = Math.max(...own.map(({ spread }) => spread * factor));
    return [
      row([channel, `spread ${label}`, 'epistemic', 'by CRPS', 'cut', 'by CRPS']),
      ...own
        .filter(({ lead_hours }) => shown.includes(lead_hours))
        .map((each) =>
          row([
            `${each.lead_hours} h`,
            formatValue(each.spread * factor, size),
            percent(each.epistemic_share),
            percent(each.epistemic_crps_share),
            percent(each.cut_share),
            percent(each.cut_crps_share),
          ]),
        ),
    ];
  });
  if (lines.length === 0) return '';
  return [
    'where the spread comes from: the share of the weights (epistemic) in the variance and in the CRPS entropy, area',
    'means over all starts; the rest is noise (aleatoric). cut: points whose estimate fell below 0',
    ...lines,
    '',
  ].join('\n');
}

function row([first = '', ...rest]: readonly string[]): string {
  return `  ${first.padEnd(8)}${rest.map((text) => text.padStart(13)).join('')}`;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`;
}
