/** A row of small maps that share their steps of colour: a heading, what it means, a colour bar, one map a lead. */
import { type ColourScale, colourBar } from './colourScale.js';
import { dataLinks, type FigureData } from './figureData.js';
import { escapeHtml } from './html.js';

export interface MapRow {
  readonly title: string;
  /** HTML. */
  readonly meaning: string;
  readonly scale: ColourScale;
  readonly unit: string;
  readonly maps: readonly { readonly caption: string; readonly svg: string }[];
  /** None where the row below it has the data of both. */
  readonly data?: FigureData;
}

export function mapRow({ title, meaning, scale, unit, maps, data }: MapRow): string {
  const figures = maps.map(
    ({ caption, svg }) => `<figure><figcaption>${escapeHtml(caption)}</figcaption>${svg}</figure>`,
  );
  return (
    `<section class="field"><header><div><h3>${escapeHtml(title)}</h3><p class="quiet">${meaning}</p></div>` +
    `${colourBar(scale, unit, escapeHtml(title))}</header><div class="maps">${figures.join('')}</div>${data === undefined ? '' : dataLinks(data, title, title)}</section>`
  );
}
