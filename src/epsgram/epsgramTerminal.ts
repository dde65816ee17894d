/**
 * An EPSgram in a terminal: a panel of lines for each quantity, a column of characters for each lead.
 *   █ half of the members   ▒ eight tenths   │ all   ━ median   · what is usual, eight tenths of other years
 * Columns are as wide as the screen allows; where leads are too many for it, every n-th is drawn, and said.
 */
import { formatValue } from '../report/displayUnit.js';
import type { BoxAtLead, BoxPlume } from './boxPlumes.js';
import { unitLabel } from './unitLabel.js';

const rows = 11;
const axisWidth = 9;
const widestColumn = 7;

/** @param width characters of the screen */
export function epsgramText(plumes: readonly BoxPlume[], width: number): string {
  const room = Math.max(8, width - axisWidth);
  const leads = plumes[0]?.leads ?? [];
  const every = Math.max(1, Math.ceil((2 * leads.length) / room));
  const shown = plumes.map((plume) => ({ ...plume, leads: plume.leads.filter((_, i) => i % every === 0) }));
  const columns = Math.max(1, shown[0]?.leads.length ?? 1);
  const wide = Math.max(2, Math.min(widestColumn, Math.floor(room / columns)));
  const anyUsual = plumes.some((plume) => plume.leads.some(({ usual }) => usual !== null));
  const key = `█ half of the members  ▒ eight tenths  │ all  ━ median${anyUsual ? '  · usual, eight tenths' : ''}`;
  const left = every === 1 ? [] : [`(one lead of ${every} is shown)`];
  return [...shown.flatMap((plume) => [...panel(plume, wide), '']), key, ...left].join('\n');
}

function panel({ title, unit, leads }: BoxPlume, wide: number): string[] {
  const everything = leads.flatMap(({ box, usual }) => [
    box[0],
    box[6],
    ...(usual === null ? [] : [usual[1], usual[5]]),
  ]);
  const [low, high] = [Math.min(...everything), Math.max(...everything)];
  const step = high > low ? (high - low) / (rows - 1) : 1;
  const size = Math.max(Math.abs(low), Math.abs(high), 0.01);
  const lines = Array.from({ length: rows }, (_, i) => {
    const value = high - i * step;
    const label = i % 2 === 0 ? formatValue(value, decimalsFor(size, step)) : '';
    const cells = leads.map((lead) => cell(lead, value - step / 2, value + step / 2, wide));
    return `${label.padStart(axisWidth - 2)} ┤${cells.join('')}`.trimEnd();
  });
  return [`${title}, ${unitLabel(unit)}`, ...lines, ...axis(leads, wide)];
}

/** The size whose decimals tell the lines of the axis apart. */
function decimalsFor(size: number, step: number): number {
  return Math.min(size, 100 * step);
}

/** What lies between two values, in the middle of the column's width. */
function cell({ box, usual }: BoxAtLead, from: number, to: number, wide: number): string {
  const [min, q10, q25, q50, q75, q90, max] = box;
  const has = (low: number, high: number): boolean => low < to && high >= from;
  const inner = wide - 1;
  const mark =
    q50 >= from && q50 < to ? '━' : has(q25, q75) ? '█' : has(q10, q90) ? '▒' : has(min, max) ? '│' : '';
  const ground = usual !== null && has(usual[1], usual[5]) ? '·' : ' ';
  const thick =
    mark === '█' || mark === '━' ? inner : mark === '▒' ? Math.max(1, inner - 2) : mark === '│' ? 1 : 0;
  const body = mark.repeat(oddAs(inner, thick));
  const before = Math.floor((inner - body.length) / 2);
  return ground.repeat(before) + body + ground.repeat(inner - before - body.length) + ground;
}

/** A width that can stand in the middle. */
function oddAs(inner: number, thick: number): number {
  return thick > 1 && (inner - thick) % 2 === 1 ? thick - 1 : thick;
}

/** Leads below the columns, as many as stand apart: days, or hours where they are not whole. */
function axis(leads: readonly BoxAtLead[], wide: number): string[] {
  const whole = leads.every(({ leadHours }) => leadHours % 24 === 0);
  const text = ({ leadHours }: BoxAtLead): string => (whole ? `d${leadHours / 24}` : `${leadHours}h`);
  const longest = Math.max(...leads.map((lead) => text(lead).length)) + 1;
  const every = Math.ceil(longest / wide);
  const cells = leads.map((lead, i) => (i % every === 0 ? text(lead).padEnd(wide * every) : ''));
  const date = (lead: BoxAtLead | undefined): string =>
    lead === undefined ? '' : `${new Date(lead.validTime).toISOString().slice(0, 13).replace('T', ' ')} UTC`;
  const line = `${' '.repeat(axisWidth - 1)}└${'─'.repeat(wide * leads.length)}`;
  return [
    line,
    `${' '.repeat(axisWidth)}${cells.join('')}`.trimEnd(),
    `${' '.repeat(axisWidth)}${date(leads[0])} to ${date(leads.at(-1))}`,
  ];
}
