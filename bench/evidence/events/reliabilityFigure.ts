/**
 * Reliability diagrams of many questions on one sheet: frequency by the probability given, in grey where 95 % of the
 * frequencies of a reliable forecast lie, dots as large as their share of the forecasts (by area), dotted the climatological
 * probability.
 */
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import { reliabilityPoints } from '../../../evaluation/calibration/reliabilityDiagram.js';
import { sheet, titled } from '../../science/figures.js';
import { type Judged, verdictOf } from './judgedCases.js';

const { document } = new JSDOM('').window;
const size = { width: 200, height: 200 };
const columns = 5;
const colours = { reliable: '#2a6f97', slight: '#7a5c99', off: '#b5402f' };

/** @param panels what stands above each diagram, and what it shows */
export function reliabilityFigure(panels: readonly { title: string; judged: Judged }[]): string {
  return sheet(
    panels.map(({ title, judged }) => titled(panelOf(judged), title, size)),
    columns,
    size,
  );
}

function panelOf(judged: Judged): ReturnType<typeof Plot.plot> {
  const verdict = verdictOf(judged);
  const colour = colours[verdict.grade];
  const points = reliabilityPoints(judged.classes)
    .map((point, at) => ({ ...point, ...judged.bars[at]! }))
    .filter(({ share }) => share > 0);
  const axis = { domain: [0, 1], ticks: [0, 0.5, 1], label: null, tickFormat: (x: number) => `${x}` };
  return Plot.plot({
    document,
    ...size,
    marginLeft: 28,
    marginRight: 8,
    marginTop: 14,
    marginBottom: 22,
    x: axis,
    y: axis,
    r: { type: 'identity' },
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: 'black', strokeOpacity: 0.35 },
      ),
      Plot.ruleY([judged.climatological], { stroke: 'black', strokeOpacity: 0.4, strokeDasharray: '1 3' }),
      Plot.link(
        points.filter(({ low }) => Number.isFinite(low)),
        { x1: 'probability', x2: 'probability', y1: 'low', y2: 'high', stroke: '#bbbbbb', strokeWidth: 6 },
      ),
      Plot.line(points, { x: 'probability', y: 'frequency', stroke: colour }),
      Plot.dot(points, {
        x: 'probability',
        y: 'frequency',
        fill: colour,
        r: ({ share }: { share: number }) => 1.5 + 4 * Math.sqrt(share),
      }),
      ...[`skill ${judged.skill.toFixed(2).replace('-', '−')}`, verdict.words].map((line, i) =>
        Plot.text([line], {
          text: (text) => text,
          frameAnchor: 'bottom-right',
          dx: -4,
          dy: 12 * i - 17,
          fill: colour,
        }),
      ),
      Plot.frame({ strokeOpacity: 0.4 }),
    ],
  });
}
