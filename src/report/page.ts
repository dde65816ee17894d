/** A page around its body: one HTML document that needs nothing but itself, no script, font or image from elsewhere. */
import { escapeHtml } from './html.js';
import { pageStyle } from './pageStyle.js';
import { verificationStyle } from './verificationStyle.js';

/**
 * @param over a line above the title: what made the page, of what
 * @param title plain text
 * @param body HTML
 */
export function page(over: string, title: string, body: string): string {
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `<title>${escapeHtml(title)}</title><style>${pageStyle}${verificationStyle}</style></head><body><main>` +
    `<p class="over">${escapeHtml(over)}</p><h1>${escapeHtml(title)}</h1>` +
    `${body}</main></body></html>\n`
  );
}

/** Facts in a row: [term, text], plain text. */
export function factList(entries: readonly (readonly [string, string])[]): string {
  const items = entries.map(
    ([term, text]) => `<div><dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd></div>`,
  );
  return `<dl class="facts">${items.join('')}</dl>`;
}
