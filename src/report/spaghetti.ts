/**
 * One height line of every member on one map, seen from above the pole: a bundle where they agree, a tangle where they do not.
 * The value is that of the truth's mean at 45° N (or the members'), to a round 8 dam: the middle of the westerlies.
 */
import { type Atlas, caption, heightInterval, meanOf } from './atlas.js';
import { lines } from './contourPath.js';
import { leadLabel } from './displayUnit.js';
import { dataLinks } from './figureData.js';
import type { GlobeFrame } from './globeFrame.js';
import { globeSvg } from './globeMap.js';
import { escapeHtml } from './html.js';
import { legend } from './leadCurves.js';
import { type LineOfFields, meridianCrossings } from './meridianCrossings.js';
import { refineField } from './refinedField.js';

const finer = 2;

/** HTML; empty where the run has no height at 500 hPa. @param polar frame of the northern hemisphere */
export async function spaghetti(
  { fields, grid, leads }: Atlas,
  polar: GlobeFrame,
  edge: number,
): Promise<string> {
  const height = fields.quantity('z500');
  if (!height) return '';
  const rows = grid.latitudes.length;
  // One row beyond the edge, so that lines reach it.
  const southern = grid.latitudes.findIndex((latitude) => latitude < edge);
  const wanted: readonly [number, number] = [0, southern < 0 ? rows - 1 : southern];
  const level = middleHeight(meanOf(await fields.members(height, leads[0]!)), grid);
  const lineOf = (values: Float64Array): string =>
    lines(refineField(values, grid, finer, { west: polar.west, rows: wanted }), [level], polar);
  const figures: string[] = [];
  const kept: LineOfFields[] = [];
  let known = false;
  for (const lead of leads) {
    const { values, members, points } = await fields.members(height, lead);
    const own = Array.from({ length: members }, (_, m) => ({
      name: `member_${m + 1}`,
      values: values.subarray(m * points, (m + 1) * points),
    }));
    const paths = own.map((member) => `<path d="${lineOf(member.values)}"/>`);
    const truth = await fields.truth(height, lead);
    known ||= truth !== null;
    kept.push({ lead_hours: lead, fields: truth ? [{ name: 'truth', values: truth }, ...own] : own });
    const happened = truth ? `<path class="truth-line" d="${lineOf(truth)}"/>` : '';
    const label = `${level} dam line of all members on ${leadLabel(lead)}, from above the north pole`;
    const drawn = globeSvg(polar, label, '', `<g class="strands">${paths.join('')}</g>${happened}`);
    figures.push(`<figure><figcaption>${escapeHtml(caption(fields, lead))}</figcaption>${drawn}</figure>`);
  }
  const keys = legend([
    { name: 'members', colour: 'var(--ensemble)' },
    ...(known ? [{ name: 'what happened', colour: 'var(--truth)' }] : []),
  ]);
  const title = `Spaghetti: the ${level} dam line of all members`;
  // Latitudes of the members' lines where they cross the meridians say all that a reader sees, in a tenth of the fields' bytes.
  const data = meridianCrossings(kept, grid, level, wanted[1] + 1, {
    line: `${level} dam`,
    unit: 'degrees_north',
  });
  return (
    `<section class="field"><header><div><h3>${title}</h3><p class="quiet">` +
    `height of the 500 hPa surface, northern hemisphere to ${edge}° N: a bundle where the members agree, a tangle where they part ways</p></div>${keys}</header>` +
    `<div class="maps polar">${figures.join('')}</div>${dataLinks(data, title, title, 'data (latitudes by longitude)')}</section>`
  );
}

/** Mean at the row nearest to 45° N, to the nearest line. */
function middleHeight(mean: Float64Array, grid: Atlas['grid']): number {
  const row = grid.latitudes.reduce(
    (best, latitude, i) => (Math.abs(latitude - 45) < Math.abs(grid.latitudes[best]! - 45) ? i : best),
    0,
  );
  const nlon = grid.longitudes.length;
  const along = mean.subarray(row * nlon, (row + 1) * nlon);
  const middle = along.reduce((sum, value) => sum + value, 0) / nlon;
  return heightInterval * Math.round(middle / heightInterval);
}
