/**
 * The report of a run: one HTML page that needs nothing but itself (no script, no font, no image from
 * elsewhere). What was run, what it shows in a sentence, maps, curves by lead, rank histograms, tables.
 */
import { usageError } from '../../core/errors.js';
import { describeGrid } from '../../core/grid.js';
import { channelName } from '../../core/schema.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { formatTime } from '../../core/time.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { calendar } from './calendar.js';
import { leadLabel } from './displayUnit.js';
import { mapDefinitions } from './fieldMap.js';
import { fieldMaps, mapLeads } from './fieldMaps.js';
import { fitsGlobePage, globePage, type Witness } from './globePage.js';
import { madeUpWorld } from './headline.js';
import { escapeHtml } from './html.js';
import { keySentence } from './keySentence.js';
import { mapFrame } from './mapProjection.js';
import { pageStyle } from './pageStyle.js';
import type { ReportRun } from './reportRun.js';
import { scoreSections } from './scoreSections.js';
import { groupScores } from './scoreTable.js';
import { longName } from './variableNames.js';

export type { ReportRun } from './reportRun.js';

export interface ReportOptions {
  /** Name of the run in the page; its directory. */
  readonly name: string;
  /** Start whose maps are drawn; default the first. */
  readonly start?: number;
  /** Leads whose maps are drawn; default days 1, 3, 5 and 7 where the run has them. */
  readonly mapLeadsHours?: readonly number[];
  /** What happened and what is usual, for the maps of a global forecast. */
  readonly witness?: Witness;
  /** True for a world without land, seasons or cities; default: what the run's record says. */
  readonly madeUp?: boolean;
}

/**
 * Writes the page, atomically.
 * @param scores rows of the run's scores.arrow; none leaves out the verification
 * @throws {PlumeError} usage, for a start that the run has not; data, for damaged members; resources, when
 *   the page cannot be written
 */
export async function writeReport(
  run: ReportRun,
  scores: readonly ScoreRow[],
  path: string,
  options: ReportOptions,
): Promise<void> {
  await writeAtomically(path, new TextEncoder().encode(await renderReport(run, scores, options)));
}

/** The page as text. */
export async function renderReport(
  run: ReportRun,
  scores: readonly ScoreRow[],
  options: ReportOptions,
): Promise<string> {
  const starts = Array.from(run.starts);
  const start = options.start ?? starts[0];
  if (start === undefined) throw usageError(`run ${options.name} has no starts yet; forecast first`);
  if (!starts.includes(start)) {
    throw usageError(
      `run ${options.name} has no start ${formatTime(start)}; it has ${starts.length} from ` +
        `${formatTime(starts[0]!)} to ${formatTime(starts[starts.length - 1]!)}`,
    );
  }
  if (fitsGlobePage(run.schema)) {
    const last = run.leadsHours[run.leadsHours.length - 1]!;
    const title = `${last % 24 === 0 ? dayCount(last / 24) : `${last} hours`} ahead from ${calendar(start)}`;
    const body = await globePage(run, scores, start, {
      witness: options.witness ?? null,
      madeUp: (options.madeUp ?? false) || madeUpWorld(run),
    });
    return page(run, title, options.name, `${body}${facts(run, starts)}${footer(run)}`);
  }
  const leads = mapLeads(run.leadsHours, options.mapLeadsHours);
  const frame = mapFrame(run.schema.grid, 360);
  const groups = groupScores(scores);
  const channels = run.schema.channels;
  const names = channels.map(longName);
  const title =
    names.length === 1 ? `${names[0]}: ensemble forecast` : `Ensemble forecast of ${names.length} variables`;
  const body: string[] = [mapDefinitions(frame, 'frame')];
  for (const [c, channel] of channels.entries()) {
    const several = channels.length > 1 ? `${escapeHtml(names[c]!)}: ` : '';
    body.push(
      `<h2>${several}${several ? 'forecast' : 'Forecast'} from ${calendar(start)}</h2>`,
      await fieldMaps(run, c, start, leads, frame, 'frame'),
    );
    for (const group of groups.filter((g) => g.variable === channel.variable && g.level === channel.level)) {
      const region = groups.length > channels.length ? `, region ${escapeHtml(group.region)}` : '';
      body.push(
        `<h2>${several}${several ? 'skill' : 'Skill'} and spread by lead${region}</h2>`,
        `<p class="quiet">Over ${countOf(group.rows)} start dates; every start counts alike, points by their area.</p>`,
        scoreSections(group, channel.unit),
      );
    }
  }
  const first = groups[0];
  const unit = channels.find((c) => c.variable === first?.variable && c.level === first?.level)?.unit ?? '';
  const sentence = first ? keySentence(first.rows, unit) : 'Not verified yet: plume verify adds the scores.';
  return page(
    run,
    title,
    options.name,
    `<p class="key">${escapeHtml(sentence)}</p>${facts(run, starts)}${body.join('\n')}${footer(run)}`,
  );
}

function page(run: ReportRun, title: string, name: string, body: string): string {
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<title>${escapeHtml(title)}</title><style>${pageStyle}</style></head><body><main>` +
    `<p class="over">Plume ${escapeHtml(run.manifest.plume)} · ${escapeHtml(name)}</p><h1>${escapeHtml(title)}</h1>` +
    `${body}</main></body></html>\n`
  );
}

/** 'Ten days', as a headline says it. */
function dayCount(days: number): string {
  const words = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];
  return days === 1 ? 'One day' : `${words[days - 1] ?? days} days`;
}

function facts(run: ReportRun, starts: readonly number[]): string {
  const { manifest } = run;
  const [K, J] = [manifest.weight_samples, manifest.noise_streams];
  const [from, to] = [starts[0]!, starts[starts.length - 1]!];
  const [shortest, longest] = [run.leadsHours[0]!, run.leadsHours[run.leadsHours.length - 1]!];
  const entries: [string, string][] = [
    ['Members', `${K * J} = ${K} weight samples × ${J} noise streams`],
    [
      'Starts',
      starts.length === 1 ? calendar(from) : `${starts.length}, ${calendar(from)} to ${calendar(to)}`,
    ],
    ['Leads', shortest === longest ? leadLabel(longest) : `${leadLabel(shortest)} to ${leadLabel(longest)}`],
    ['Grid', describeGrid(run.schema.grid)],
    ['Variables', run.schema.channels.map(channelName).join(', ')],
    ['Model', shortText(manifest.model)],
    ['Device', shortText(manifest.device)],
    ['Seed', String(manifest.seed)],
  ];
  const items = entries.map(([term, text]) => `<div><dt>${term}</dt><dd>${escapeHtml(text)}</dd></div>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}

/** What names a model or device, out of whatever the manifest says of it. */
function shortText(json: unknown): string {
  if (typeof json !== 'object' || json === null) return String(json);
  const plain = Object.entries(json).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  );
  return plain
    .slice(0, 3)
    .map(([key, value]) => {
      const text = String(value);
      // Digests are for machines: the head tells two of them apart.
      return `${key} ${/^[0-9a-f]{40,}$/.test(text) ? text.slice(0, 12) : text}`;
    })
    .join(', ');
}

const words: readonly (readonly [string, string])[] = [
  [
    'Fair CRPS',
    'continuous ranked probability score, with the pairs of members divided by M(M − 1): comparable between ensembles of any size (Ferro 2014). Of a single field it is the absolute error.',
  ],
  [
    'Spread–skill ratio',
    '√((M + 1)/M) · spread / RMSE of the mean, variances and squared errors averaged before the root (Fortin et al. 2014).',
  ],
  [
    'Epistemic and aleatoric',
    'the variance of K weight samples × J noise streams, split by the law of total variance: within W, between B; aleatoric = W, epistemic = B − W/J, cut at 0.',
  ],
  ['Climatology', 'the values of the training years around the day of the year, as an ensemble.'],
  [
    'EOF regression',
    'ridge regression on the leading EOFs of two input times with normal residuals, tuned inside the training years.',
  ],
  [
    '95 % intervals',
    'circular moving-block bootstrap over start dates; differences are paired start by start.',
  ],
];

function footer(run: ReportRun): string {
  const { model, perturbation, device, settings, config } = run.manifest;
  const entries = words.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('');
  const json = JSON.stringify({ model, perturbation, device, settings, config }, null, 2);
  return (
    `<h2>What the words mean</h2><dl class="words">${entries}</dl>` +
    `<details><summary>Configuration as resolved</summary><pre>${escapeHtml(json)}</pre></details>` +
    '<footer>Made by plume report. Coastlines: Natural Earth, public domain.</footer>'
  );
}

function countOf(rows: readonly ScoreRow[]): string {
  const counts = rows.map((row) => row.n);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(most) : `${least} to ${most}`;
}
