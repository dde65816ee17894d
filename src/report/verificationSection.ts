/**
 * Verification as a section of a page: the scorecard of all channels, then for each channel shown curves by lead,
 * ranks, events, spectra, maps and every score as tables. The first channel lies open, the others behind a fold.
 */
import { type Channel, channelName } from '../../core/schema.js';
import type { DiagramRow } from '../../evaluation/diagramRow.js';
import { differencePrefix, type ScoreRow } from '../../evaluation/scoreRow.js';
import {
  type CalibrationInput,
  rankFigure,
  reliabilityFigures,
  spectrumFigure,
  warningFigures,
} from './calibrationFigures.js';
import { channelsOf } from './channelUnits.js';
import { choices } from './choices.js';
import { eventCurves } from './eventCurves.js';
import { eventsOf } from './eventNames.js';
import { fourLeads } from './fieldMaps.js';
import { headlineOrFirst } from './headline.js';
import { escapeHtml } from './html.js';
import { differenceTable, eventTable, scoreTable } from './htmlTables.js';
import { leadFigures } from './leadFigures.js';
import { regionName, seasonName } from './regionNames.js';
import { scoreMapDrawing } from './scoreMaps.js';
import { groupScores } from './scoreTable.js';
import { skillCards } from './skillCards.js';
import { longName } from './variableNames.js';
import { leadsOf, mainModel, ofChannel, plainRows, type Verification } from './verification.js';

/** HTML; empty without scores. */
export function verificationSection(verification: Verification): string {
  const { scores, units } = verification;
  if (scores.length === 0) return '';
  const starts = Math.max(...scores.map((row) => row.n));
  const note =
    starts === 1
      ? 'One start: one throw of the dice, so there are no intervals and no marks. Many starts tell how good a forecast is.'
      : `Over ${starts} start dates; every start counts alike, points by their area. Bands and ranges hold 95&nbsp;%.`;
  const channels = headlineOrFirst(channelsOf(scores, units));
  const maps =
    verification.maps === null || verification.maps.maps.length === 0
      ? null
      : scoreMapDrawing(verification.maps, verification.coast);
  const sections = channels.map((channel, i) => {
    const drawn =
      channelFigures(verification, channel) +
      section('Where', maps?.ofChannel(channel, channel.unit, i === 0 ? 'all' : 'main') ?? '');
    const body = drawn + tables(scores, channel);
    const name = escapeHtml(longName(channel));
    return i === 0
      ? `<section class="channel" id="channel-${i}"><h2>${name}: how good</h2>${body}</section>`
      : `<details class="channel" id="channel-${i}"><summary><h2>${name}: how good</h2></summary>${body}</details>`;
  });
  return (
    `${maps?.definitions ?? ''}<section id="scorecard-section"><h2>How good, by lead</h2><p class="quiet note">${note} Every score of every channel is in scores.arrow.</p>` +
    `${skillCards(scores, units)}</section>${sections.join('')}`
  );
}

function channelFigures({ scores, diagrams }: Verification, channel: Channel): string {
  const { unit } = channel;
  const name = channelName(channel);
  const own = ofChannel(scores, channel).filter((row) => row.season === 'all');
  const regions = [...new Set(own.map((row) => row.region))];
  const home = regions.includes('all') ? 'all' : (regions[0] ?? 'all');
  const curves = regions.map((region) => {
    const rows = plainRows(own).filter((row) => row.region === region);
    const figures = leadFigures(rows, unit, `${name} ${region}`, region === home ? 'all' : 'main');
    return { label: regionName(region), body: `<div class="charts">${figures.join('')}</div>` };
  });
  return (
    choices(`region-${name}`, 'region of the curves', curves) + calibration(scores, diagrams, channel, home)
  );
}

/** Ranks, events and scales of the whole, and of the other regions and seasons that have diagrams. */
function calibration(
  scores: readonly ScoreRow[],
  diagrams: readonly DiagramRow[],
  channel: Channel,
  home: string,
): string {
  const { unit } = channel;
  const name = channelName(channel);
  const own = ofChannel(scores, channel);
  const main = mainModel(own.filter((row) => row.region === home));
  const drawn = ofChannel(diagrams, channel).filter((row) => row.model === main);
  const parts = new Map([[`${home}/all`, { region: home, season: 'all' }]]);
  for (const { region, season } of drawn) parts.set(`${region}/${season}`, { region, season });
  const views = [...parts.values()].map(({ region, season }) => {
    const rows = own.filter((row) => row.region === region && row.season === season && row.model === main);
    const place = season === 'all' ? region : `${region} ${season}`;
    const figures = drawn.filter((row) => row.region === region && row.season === season);
    const input: CalibrationInput = {
      diagrams: figures,
      scores: rows,
      leads: fourLeads(leadsOf([...rows, ...figures])),
      events: eventsOf([...rows, ...figures]),
      unit,
      place: `${name} ${place}`,
    };
    const events = [
      `<div class="charts">${eventCurves(rows, input.events, unit, input.place).join('')}</div>`,
      ...reliabilityFigures(input),
      `<div class="squares">${warningFigures(input).join('')}</div>`,
    ].filter((html) => !/^<div class="\w+"><\/div>$/.test(html));
    const label = [...(region === home && season !== 'all' ? [] : [regionName(region)])];
    if (season !== 'all') label.push(seasonName(season));
    return {
      label: label.join(', '),
      body:
        section('Is the spread right?', rankFigure(input)) +
        section('Events', events.join('')) +
        section('Scales', spectrumFigure(input)),
    };
  });
  return choices(`diagrams-${name}`, 'region or season of the diagrams', views);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `<h3 class="above">${title}</h3>${body}`;
}

/** Against the references, every score, and those of events. */
function tables(scores: readonly ScoreRow[], channel: Channel): string {
  const own = ofChannel(scores, channel).filter((row) => row.season === 'all');
  const parts = groupScores(plainRows(own)).map((group, _, all) => {
    const region = all.length > 1 ? `, ${escapeHtml(regionName(group.region))}` : '';
    const events = own.filter((row) => row.event !== null && row.region === group.region);
    const compared = group.rows.some((row) => row.metric.startsWith(differencePrefix))
      ? differenceTable(group, channel.unit)
      : '';
    const table = eventTable(events, channel.unit);
    const ofEvents =
      table === ''
        ? ''
        : `<details><summary>${escapeHtml(longName(channel))}${region}: scores of events</summary>${table}</details>`;
    return (
      `<details class="numbers"><summary>${escapeHtml(longName(channel))}${region}: every score</summary>${compared}` +
      `${scoreTable(group, channel.unit)}</details>${ofEvents}`
    );
  });
  return parts.join('');
}
