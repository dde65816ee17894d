/** The skill of every channel at every lead as one coloured table: fair CRPS against climatology, in per cent. */
import { type Channel, channelName } from '../../core/schema.js';
import type { ScoreRow } from '../../evaluation/scoreRow.js';
import { colourScale } from './colourScale.js';
import { leadLabel } from './displayUnit.js';
import { skillOf } from './headline.js';
import { escapeHtml } from './html.js';
import { longName } from './variableNames.js';

/** HTML; empty where nothing has been compared with climatology. */
export function scorecard(scores: readonly ScoreRow[], channels: readonly Channel[]): string {
  const rows = channels
    .map((channel) => ({ channel, ...skillOf(scores, channelName(channel)) }))
    .filter(({ skill }) => skill.some(Number.isFinite));
  const leads = [...new Set(rows.flatMap((row) => row.leads))].sort((a, b) => a - b);
  if (rows.length === 0) return '';
  const { bounds, colours } = colourScale(0, 100, 'blues', 10);
  const body = rows.map(({ channel, leads: own, skill }) => {
    const cells = leads.map((lead) => {
      const value = Math.round(100 * (skill[own.indexOf(lead)] ?? Number.NaN));
      if (!Number.isFinite(value)) return '<td>–</td>';
      const step = Math.max(
        0,
        bounds.findLastIndex((bound) => value >= bound),
      );
      const look =
        value < 0
          ? 'class="below"'
          : `style="background:${colours[step]};color:${step >= 5 ? '#fff' : '#10202c'}"`;
      return `<td ${look}>${String(value === 0 ? 0 : value).replace('-', '−')}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(longName(channel))}</th>${cells.join('')}</tr>`;
  });
  const head = leads.map((lead) => `<th scope="col">${leadLabel(lead)}</th>`).join('');
  return (
    '<div class="scroll"><table class="card"><caption>CRPS skill against climatology, %: 100 is perfect, 0 is what climatology ' +
    'has, below 0 is worse.</caption>' +
    `<thead><tr><th></th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
  );
}
