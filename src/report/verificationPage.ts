/**
 * The page of a verification without a run beside it: anyone's forecasts, of which only the scores, diagrams and maps
 * are here.
 */

import { usageError } from '../../core/errors.js';
import { channelName } from '../../core/schema.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { archivePaths } from './archivePaths.js';
import { channelOf, channelsOf } from './channelUnits.js';
import { leadLabel } from './displayUnit.js';
import { headlineOrFirst, readingOrder } from './headline.js';
import { escapeHtml } from './html.js';
import { keySentence } from './keySentence.js';
import { factList, page } from './page.js';
import { regionName } from './regionNames.js';
import { longName } from './variableNames.js';
import { leadsOf, mainModel, ofChannel, plainRows, type Verification } from './verification.js';
import { verificationSection } from './verificationSection.js';
import { wordList } from './wordList.js';

export interface VerificationPageOptions {
  /** Of what was verified, as the reader calls it: file or directory. */
  readonly name: string;
  readonly plume: string;
  /** What the files say of themselves: archive, training period, … */
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws {PlumeError} usage, when there are no scores */
export function verificationPage(verification: Verification, options: VerificationPageOptions): string {
  const { scores, units } = verification;
  const [first] = scores;
  if (first === undefined) throw usageError(`${options.name} holds no scores; verify first: plume verify`);
  const names = channelsOf(scores, units).map(longName);
  const title =
    names.length === 1 ? `${names[0]}: verification` : `Verification of ${names.length} variables`;
  const [channel = channelOf(first, units)] = headlineOrFirst(channelsOf(scores, units));
  const home = plainRows(ofChannel(scores, channel)).filter((row) => row.region === first.region);
  const body =
    `<p class="key">${escapeHtml(`${longName(channel)}: ${keySentence(home, channel.unit).replace(/^Fair/, 'fair')}`)}</p>` +
    factList(facts(scores, verification, options)) +
    verificationSection(verification);
  return page(
    `Plume ${options.plume} · ${options.name}`,
    title,
    `${body}${wordList(body)}<footer>Made by plume report. Coastlines: Natural Earth, public domain.</footer>`,
  );
}

function facts(
  scores: readonly ScoreRow[],
  { units }: Verification,
  { metadata }: VerificationPageOptions,
): [string, string][] {
  const leads = leadsOf(scores);
  const [shortest = 0, longest = 0] = [leads[0], leads[leads.length - 1]];
  const counts = scores.map((row) => row.n);
  const models = [...new Set(scores.map((row) => row.model))].filter((model) => model !== mainModel(scores));
  const entries: [string, string][] = [
    ['Forecast', mainModel(scores)],
    ['Starts', String(Math.max(...counts))],
    ['Leads', shortest === longest ? leadLabel(longest) : `${leadLabel(shortest)} to ${leadLabel(longest)}`],
    ['Variables', readingOrder(channelsOf(scores, units)).map(channelName).join(', ')],
    ['Regions', [...new Set(scores.map((row) => regionName(row.region)))].join(', ')],
  ];
  if (models.length > 0) entries.push(['References', models.join(', ')]);
  for (const [key, term] of [
    ['archive', 'Truth'],
    ['training', 'Climatology from'],
  ] as const) {
    const text = metadata.get(key);
    if (text)
      entries.push([
        term,
        archivePaths(text)
          .join(', ')
          .replace('/', key === 'training' ? ' to ' : '/'),
      ]);
  }
  return entries;
}
