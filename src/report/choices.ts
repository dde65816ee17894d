/**
 * One of several views at a time, chosen by round buttons that need no script: arrow keys move between them, paper
 * shows the one chosen. A single view has no buttons.
 */
import { escapeHtml } from './html.js';

export interface Choice {
  /** Plain text. */
  readonly label: string;
  /** HTML. */
  readonly body: string;
}

/**
 * @param id unique in the page
 * @param what is chosen, as a screen reader says it: 'region or season'
 */
export function choices(id: string, what: string, views: readonly Choice[]): string {
  const [only] = views;
  if (only === undefined) return '';
  if (views.length === 1) return only.body;
  const inputs = views.map(
    ({ label }, i) =>
      `<input type="radio" name="${id}" id="${id}-${i}"${i === 0 ? ' checked' : ''}><label for="${id}-${i}">${escapeHtml(label)}</label>`,
  );
  const rules = views.map((_, i) => `#${id}-${i}:checked ~ .views > .view-${i}`).join(',');
  const bodies = views.map(({ body }, i) => `<div class="view view-${i}">${body}</div>`);
  return (
    `<style>${rules}{display:block}</style><div class="chooser" role="group" aria-label="${escapeHtml(what)}">` +
    `${inputs.join('')}<div class="views">${bodies.join('')}</div></div>`
  );
}
