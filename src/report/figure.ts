/**
 * A figure of the page: what it shows, how to read it, the drawing, and the data behind it. Drawings wider than a phone
 * scroll inside their figure; the page never scrolls sideways.
 */
import { dataLinks, type FigureData } from './figureData.js';
import { escapeHtml } from './html.js';

export interface Figure {
  /** Plain text. */
  readonly title: string;
  /** How to read it; HTML. */
  readonly text: string;
  /** HTML: key and drawing. */
  readonly body: string;
  readonly data: FigureData;
  /** Of the files of its data, without an ending. */
  readonly name: string;
}

/** One drawing. */
export function figure({ title, text, body, data, name }: Figure): string {
  return (
    `<figure class="plot"><h4>${escapeHtml(title)}</h4><p class="quiet">${text}</p>` +
    `${scrolled(body, title)}${dataLinks(data, name, title)}</figure>`
  );
}

/** Several small drawings that are read together: panels are HTML, one each. */
export function panels(
  { title, text, body, data, name }: Figure,
  drawings: readonly { readonly caption: string; readonly svg: string }[],
): string {
  const inside = drawings
    .map(({ caption, svg }) => `<figure><figcaption>${escapeHtml(caption)}</figcaption>${svg}</figure>`)
    .join('');
  return (
    `<section class="panel-row"><h4>${escapeHtml(title)}</h4>${text === '' ? '' : `<p class="quiet">${text}</p>`}${body}` +
    `<div class="panels">${inside}</div>${dataLinks(data, name, title)}</section>`
  );
}

/** What is too wide for a phone scrolls inside, by finger, wheel or arrow keys. */
export function scrolled(body: string, label: string): string {
  return `<div class="scroll" tabindex="0" role="group" aria-label="${escapeHtml(label)}">${body}</div>`;
}
