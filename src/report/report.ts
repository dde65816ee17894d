/**
 * The report of a run: one HTML page that needs nothing but itself (no script, no font, no image from
 * elsewhere). What was run, what it shows in a sentence, maps, curves by lead, rank histograms, tables.
 */
import { usageError } from '../../core/errors.js';
import { describeGrid } from '../../core/grid.js';
import { channelName } from '../../core/schema.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { formatTime } from '../../core/time.js';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import type { ScoreMaps } from '../../evaluation/scoreMaps.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import type { CycloneForecast } from '../tracks/cycloneForecast.js';
import { calendar } from './calendar.js';
import { unitsOf } from './channelUnits.js';
import { cyclonesSection } from './cyclonesSection.js';
import { leadLabel } from './displayUnit.js';
import { mapDefinitions } from './fieldMap.js';
import { fieldMaps, mapLeads } from './fieldMaps.js';
import { fitsGlobePage, globePage, type Witness } from './globePage.js';
import { madeUpWorld } from './headline.js';
import { escapeHtml } from './html.js';
import { keySentence } from './keySentence.js';
import { mapFrame } from './mapProjection.js';
import { factList, page } from './page.js';
import type { ReportRun } from './reportRun.js';
import { longName } from './variableNames.js';
import { ofChannel, plainRows, type Verification } from './verification.js';
import { verificationSection } from './verificationSection.js';
import { wordList } from './wordList.js';

export type { ReportRun } from './reportRun.js';

export interface ReportOptions {
  /** Name of the run in the page; its directory. */
  readonly name: string;
  /** Start whose maps are drawn; default the first. */
  readonly start?: number;
  /** Leads whose maps are drawn; default days 1, 3, 5 and 7 where the run has them. */
  readonly mapLeadsHours?: readonly number[];
  /** Rows of the run's diagrams.arrow; none leaves out ranks, reliability, ROC, value and spectra. */
  readonly diagrams?: readonly DiagramRow[];
  /** The run's maps.arrow. */
  readonly maps?: ScoreMaps | null;
  /** Cyclones of the start, where they have been followed (tracks.arrow). */
  readonly cyclones?: CycloneForecast;
  /** What happened and what is usual, for the maps of a global forecast. */
  readonly witness?: Witness;
  /** True for a world without land, seasons or cities; default: what the run's record says. */
  readonly madeUp?: boolean;
}

/** Of the page's strike probabilities, km, as ECMWF's. */
const strikeRadiusKm = 120;

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
  const madeUp = (options.madeUp ?? false) || madeUpWorld(run);
  const over = `Plume ${run.manifest.plume} · ${options.name}`;
  const verification: Verification = {
    scores,
    diagrams: options.diagrams ?? [],
    maps: options.maps ?? null,
    units: unitsOf(run.schema.channels),
    coast: !madeUp,
  };
  const verified = verificationSection(verification);
  const cyclones =
    options.cyclones === undefined
      ? ''
      : cyclonesSection(options.cyclones, { radiusKm: strikeRadiusKm, coast: !madeUp });
  if (fitsGlobePage(run.schema)) {
    const last = run.leadsHours[run.leadsHours.length - 1]!;
    const title = `${last % 24 === 0 ? dayCount(last / 24) : `${last} hours`} ahead from ${calendar(start)}`;
    const maps = await globePage(run, scores, start, { witness: options.witness ?? null, madeUp });
    const body = `${maps}${cyclones}${verified}${facts(run, starts)}`;
    return page(over, title, `${body}${footer(run, body)}`);
  }
  const channels = run.schema.channels;
  const names = channels.map(longName);
  const title =
    names.length === 1 ? `${names[0]}: ensemble forecast` : `Ensemble forecast of ${names.length} variables`;
  const maps = await regionalMaps(run, start, mapLeads(run.leadsHours, options.mapLeadsHours));
  const first = channels.find((channel) => ofChannel(scores, channel).length > 0);
  const home = first === undefined ? [] : wholeRegion(plainRows(ofChannel(scores, first)));
  const sentence =
    first === undefined ? 'Not verified yet: plume verify adds the scores.' : keySentence(home, first.unit);
  const body = `<p class="key">${escapeHtml(sentence)}</p>${facts(run, starts)}${maps}${cyclones}${verified}`;
  return page(over, title, `${body}${footer(run, body)}`);
}

/** Rows of the region that comes first: the whole domain. */
function wholeRegion(rows: readonly ScoreRow[]): ScoreRow[] {
  return rows.filter((row) => row.region === rows[0]?.region);
}

/** Mean, spread and variances of every channel. */
async function regionalMaps(run: ReportRun, start: number, leads: readonly number[]): Promise<string> {
  const frame = mapFrame(run.schema.grid, 360);
  const body: string[] = [mapDefinitions(frame, 'frame')];
  const { channels } = run.schema;
  for (const [c, channel] of channels.entries()) {
    const name = channels.length > 1 ? `${escapeHtml(longName(channel))}: forecast` : 'Forecast';
    body.push(
      `<h2>${name} from ${calendar(start)}</h2>`,
      await fieldMaps(run, c, start, leads, frame, 'frame'),
    );
  }
  return body.join('\n');
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
  return factList(entries);
}

/** What names a model or device, out of whatever the manifest says of it. */
function shortText(json: unknown): string {
  if (typeof json !== 'object' || json === null) return String(json);
  const plain = Object.entries(json).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  );
  // The kind says enough without its key.
  return plain
    .slice(0, 3)
    .sort(([a], [b]) => Number(b === 'kind') - Number(a === 'kind'))
    .map(([key, value]) => {
      const text = String(value);
      // Digests are for machines: the head tells two of them apart.
      if (key === 'kind') return text;
      return `${key === 'train' ? 'trained on' : key} ${/^[0-9a-f]{40,}$/.test(text) ? text.slice(0, 12) : text.replace('/', ' to ')}`;
    })
    .join(', ');
}

/** @param body HTML whose words are explained */
function footer(run: ReportRun, body: string): string {
  const { model, perturbation, device, settings, config } = run.manifest;
  const json = JSON.stringify({ model, perturbation, device, settings, config }, null, 2);
  return (
    `${wordList(body)}<details><summary>Configuration as resolved</summary><pre>${escapeHtml(json)}</pre></details>` +
    '<footer>Made by plume report. Coastlines: Natural Earth, public domain.</footer>'
  );
}
