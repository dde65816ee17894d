/**
 * A scorecard as a table: channels down, leads across, every cell a number, a colour for its size and a mark where it is
 * beyond chance. Read without colour by the numbers and marks, with a screen reader by the captions and headings.
 */
import { usualDiscoveryRate } from '../../evaluation/significance/falseDiscovery.js';
import type { Verdict } from '../../evaluation/significance/verdict.js';
import { leadLabel } from './displayUnit.js';
import { divergingKey, divergingStep, stepClass } from './divergingSteps.js';
import { scrolled } from './figure.js';
import { dataLinks, type FigureData } from './figureData.js';
import { escapeHtml } from './html.js';

export interface CardCell {
  readonly lead_hours: number;
  /** Positive is better (or, where the card says so, larger); sets the colour. */
  readonly value: number;
  /** What is written. */
  readonly text: string;
  readonly verdict: Verdict;
  /** Whether the verdict holds when all cells of the card are looked at together: see jointVerdicts. */
  readonly firm: boolean;
}

export interface Card {
  /** HTML. */
  readonly caption: string;
  /** What the file of its data is called. */
  readonly name: string;
  readonly rows: readonly { readonly title: string; readonly cells: readonly CardCell[] }[];
  readonly leads: readonly number[];
  /** Value of the darkest colours. */
  readonly limit: number;
  readonly unit: string;
  /** What the two ends of the colours mean. */
  readonly ends: readonly [low: string, high: string];
  readonly data: FigureData;
  /** Whether cells were tested, so that marks mean something. */
  readonly tested: boolean;
}

/** What the marks mean. */
const markKey =
  '<p class="quiet marks">▲ better, ▼ worse beyond chance, also when all cells are looked at together ' +
  `(false discoveries below ${100 * usualDiscoveryRate}&nbsp;%); △ and ▽ only when the cell is taken alone. No mark: no evidence of a difference.</p>`;

export function cardTable(card: Card): string {
  const head = card.leads.map((lead) => `<th scope="col">${leadHead(lead, card.leads)}</th>`).join('');
  const body = card.rows.map(({ title, cells }) => {
    const drawn = card.leads.map((lead) => {
      const cell = cells.find((each) => each.lead_hours === lead);
      if (cell === undefined || !Number.isFinite(cell.value)) return '<td>–</td>';
      return `<td class="${stepClass(divergingStep(cell.value, card.limit))}">${escapeHtml(cell.text)}${card.tested ? mark(cell) : ''}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(title)}</th>${drawn.join('')}</tr>`;
  });
  const table =
    `<table class="card"><caption>${card.caption}</caption><thead><tr><th scope="col">${leadCorner(card.leads)}</th>${head}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table>`;
  return (
    scrolled(table, card.name) +
    divergingKey(card.limit, card.unit, card.ends[0], card.ends[1]) +
    dataLinks(card.data, card.name, card.name) +
    (card.tested ? markKey : '')
  );
}

function mark({ verdict, firm }: CardCell): string {
  switch (verdict) {
    case 'better':
      return `<span class="mark" role="img" aria-label="${firm ? 'better' : 'better, taken alone'}">${firm ? '▲' : '△'}</span>`;
    case 'worse':
      return `<span class="mark" role="img" aria-label="${firm ? 'worse' : 'worse, taken alone'}">${firm ? '▼' : '▽'}</span>`;
    case 'no evidence':
      return '<span class="mark"></span>';
  }
}

/** Of many leads only the numbers. */
function leadHead(lead: number, leads: readonly number[]): string {
  return leads.every((each) => each % 24 === 0) ? String(lead / 24) : leadLabel(lead);
}

function leadCorner(leads: readonly number[]): string {
  return leads.every((each) => each % 24 === 0) ? 'day' : 'lead';
}
