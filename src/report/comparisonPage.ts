/** The page of a comparison of runs: which is better where, on a scorecard, in figures and in tables. */
import { usageError } from '../../core/errors.js';
import { type Channel, channelName } from '../../core/schema.js';
import type { CompareRow } from '../../evaluation/compareRow.js';
import { archivePaths } from './archivePaths.js';
import { type ChannelUnits, channelsOf } from './channelUnits.js';
import { choices } from './choices.js';
import { comparisonSentence } from './compareTable.js';
import { comparisonCards } from './comparisonCards.js';
import { comparisonFigures, comparisonTable } from './comparisonFigures.js';
import { leadLabel } from './displayUnit.js';
import { headlineOrFirst } from './headline.js';
import { escapeHtml } from './html.js';
import { modelNames } from './keySentence.js';
import { factList, page } from './page.js';
import { regionName } from './regionNames.js';
import { longName } from './variableNames.js';
import { leadsOf, ofChannel, plainRows } from './verification.js';
import { wordList } from './wordList.js';

export interface ComparisonPageOptions {
  /** Of the comparison: its file. */
  readonly name: string;
  readonly plume: string;
  readonly units: ChannelUnits;
  /** What the file says of itself: runs, archive, training period. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws {PlumeError} usage, when nothing is compared */
export function comparisonPage(rows: readonly CompareRow[], options: ComparisonPageOptions): string {
  const { units } = options;
  const against = rows.find((row) => row.against !== null)?.against;
  if (against === undefined || against === null)
    throw usageError(`${options.name} compares nothing: it has no row beside a first run`);
  const runs = [...new Set(rows.map((row) => row.run))].sort(
    (a, b) => Number(b === against) - Number(a === against),
  );
  const channels = channelsOf(rows, units);
  const shown = headlineOrFirst(channels);
  const compared = runs.filter((run) => rows.some((row) => row.run === run && row.against !== null));
  const sections = shown.map((channel, i) => {
    const name = escapeHtml(longName(channel));
    const body = channelBody(ofChannel(rows, channel), channel, runs);
    return i === 0
      ? `<section class="channel"><h2>${name}</h2>${body}</section>`
      : `<details class="channel"><summary><h2>${name}</h2></summary>${body}</details>`;
  });
  const body =
    `<p class="key">${sentences(rows, shown, compared)}</p>${factList(facts(rows, channels, runs, options))}` +
    '<section><h2>Which is better where</h2><p class="quiet">Every difference is taken start by start over the starts that all of them have. ' +
    `Every score of every channel is in ${escapeHtml(options.name)}.</p>${comparisonCards(rows, units)}</section>${sections.join('')}`;
  // References are there to be measured against, not to be told of in a title.
  const rivals = compared.filter((run) => modelNames[run] === undefined);
  const others =
    rivals.length > 2 ? `${rivals.length} other runs` : (rivals.length > 0 ? rivals : compared).join(' and ');
  return page(
    `Plume ${options.plume} · ${options.name}`,
    `${against} and ${others} compared`,
    `${body}${wordList(body)}<footer>Made by plume report.</footer>`,
  );
}

/** What the first channel says of each run, or of as many as fit. */
function sentences(rows: readonly CompareRow[], shown: readonly Channel[], runs: readonly string[]): string {
  const [channel] = shown;
  if (channel === undefined) return '';
  const own = plainRows(ofChannel(rows, channel));
  const home = own.filter((row) => row.region === own[0]?.region);
  const said = runs.map((run) => comparisonSentence(home, run)).filter((text) => text !== '');
  return `${escapeHtml(longName(channel))}, fair CRPS: ${said.slice(0, 3).map(escapeHtml).join('. ')}.`;
}

function channelBody(rows: readonly CompareRow[], channel: Channel, runs: readonly string[]): string {
  const plain = plainRows(rows);
  const regions = [...new Set(plain.map((row) => row.region))];
  const name = channelName(channel);
  const views = regions.map((region) => {
    const own = plain.filter((row) => row.region === region);
    const figures = comparisonFigures(own, runs, channel.unit, `${name} ${region}`);
    return {
      label: regionName(region),
      body: `<div class="charts">${figures.join('')}</div>${comparisonTable(own, channel.unit)}`,
    };
  });
  return choices(`region-${name}`, 'region of the curves', views);
}

function facts(
  rows: readonly CompareRow[],
  channels: readonly Channel[],
  runs: readonly string[],
  { metadata }: ComparisonPageOptions,
): [string, string][] {
  const leads = leadsOf(rows);
  const [shortest = 0, longest = 0] = [leads[0], leads[leads.length - 1]];
  const entries: [string, string][] = [
    ['Compared', runs.join(', ')],
    ['Starts', String(Math.max(...rows.map((row) => row.n)))],
    ['Leads', shortest === longest ? leadLabel(longest) : `${leadLabel(shortest)} to ${leadLabel(longest)}`],
    ['Variables', channels.map(channelName).join(', ')],
    ['Regions', [...new Set(rows.map((row) => regionName(row.region)))].join(', ')],
  ];
  for (const [key, term] of [
    ['archive', 'Truth'],
    ['training', 'Climatology from'],
  ] as const) {
    const text = metadata.get(key);
    if (text) entries.push([term, archivePaths(text).join(', ')]);
  }
  return entries;
}
