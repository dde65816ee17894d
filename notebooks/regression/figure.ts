/** What a posterior says of a regression, drawn: Observable Plot on a document of its own, out as SVG text. */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { truth } from './gap.js';
import type { Spread } from './predictions.js';
import type { RegressionData } from './training.js';

let drawing: Document | undefined;

/** Functions drawn one by one. */
const shown = 12;

/**
 * Band of two standard deviations about the mean, a dozen functions, the data and the truth.
 * @param x [n], where the spread is known
 */
export function posteriorFigure(
  title: string,
  x: Float32Array,
  { mean, deviation, functions }: Spread,
  data: RegressionData,
): string {
  drawing ??= new JSDOM('').window.document;
  const band = [...x].map((at, i) => {
    const [centre, width] = [mean[i] ?? 0, 2 * (deviation[i] ?? 0)];
    return { x: at, mean: centre, low: centre - width, high: centre + width, truth: truth(at) };
  });
  const samples = functions
    .slice(0, shown)
    .flatMap((f, k) => [...x].map((at, i) => ({ x: at, y: f[i] ?? 0, k })));
  const points = [...data.x].map((at, i) => ({ x: at, y: data.y[i] ?? 0 }));
  const chart = Plot.plot({
    document: drawing,
    width: 560,
    height: 240,
    marginLeft: 36,
    style: { background: 'white', color: '#222' },
    x: { label: 'x', domain: [x[0] ?? -1, x.at(-1) ?? 1] },
    y: { label: 'y', domain: [-2.6, 2.6], clamp: true, grid: true },
    marks: [
      Plot.areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: '#9ecae1', fillOpacity: 0.55 }),
      Plot.line(samples, { x: 'x', y: 'y', z: 'k', stroke: '#4292c6', strokeWidth: 0.6, strokeOpacity: 0.7 }),
      Plot.line(band, { x: 'x', y: 'truth', stroke: '#222', strokeDasharray: '4 3' }),
      Plot.line(band, { x: 'x', y: 'mean', stroke: '#08519c', strokeWidth: 2 }),
      Plot.dot(points, { x: 'x', y: 'y', r: 1.8, fill: '#d94801' }),
    ],
  });
  chart.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', title);
  // a tenth of a pixel is enough
  return chart.outerHTML.replace(/\d+\.\d{2,}/g, (number) => String(Math.round(Number(number) * 10) / 10));
}
