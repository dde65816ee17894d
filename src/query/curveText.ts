/** Curves on a screen: quantiles and return levels in lines, the curve as a table with bars. */
import { formatTime } from '../../core/time.js';
import { percent } from '../report/diagramFrame.js';
import { displayUnit, formatValue } from '../report/displayUnit.js';
import { aligned } from './answerText.js';
import type { AskedCurve, AskedCurves } from './askCurves.js';
import { siteText } from './placeText.js';

/** Levels that are shown; files have the rest. */
const mostLevels = 13;
const barWidth = 24;

export function curveText(asked: AskedCurve): string {
  const {
    curve,
    start,
    site,
    latitude,
    longitude,
    members,
    missing,
    direction,
    quantiles,
    ofWindow,
    ofYears,
  } = asked;
  const { label, factor } = displayUnit(asked.unit);
  const size = Math.max(...asked.quantiles.map(({ level }) => Math.abs(level * factor)));
  const shown = (level: number): string => formatValue(level * factor, size);
  const beyond = direction === 'above' ? 'exceeded' : 'fallen short of';
  const where = site === null ? '' : `, ${siteText(site, latitude ?? 0, longitude ?? 0)}`;
  const count =
    missing === 0
      ? `${members} members`
      : `${members} of ${members + missing} members, the others are missing`;
  const lines = [
    `${curve}, from ${formatTime(start)}${where}; ${count}`,
    `  quantiles    ${quantiles.map(({ share, level }) => `${percent(share)} ${shown(level)}`).join('   ')} ${label}`,
    `  1 member in  ${ofWindow.map(({ oneIn, level }) => `${oneIn}: ${shown(level)}`).join('   ')} ${label}  (${beyond} within the window)`,
  ];
  if (ofYears !== null) {
    lines.push(
      `  1 year in    ${ofYears.levels.map(({ oneIn, level }) => `${oneIn}: ${shown(level)}`).join('   ')} ${label}  ` +
        `(GEV distribution fitted to ${ofYears.years} years of the archive; beyond 1 in ${ofYears.years + 1} it rests on the fit alone)`,
    );
  }
  return [...lines, ...table(asked, shown, label)].join('\n');
}

export function refusedText(refused: AskedCurves['refused']): string[] {
  const [first] = refused;
  if (first === undefined) return [];
  const { site, members } = first;
  return [
    `refused: ${refused.length} curves where too few members have values, such as at ${site} (${members})`,
  ];
}

function table(
  { exceedance, cases, direction, interval }: AskedCurve,
  shown: (level: number) => string,
  unit: string,
): string[] {
  const every = Math.max(1, Math.ceil(exceedance.length / mostLevels));
  const kept = exceedance.filter((_, i) => i % every === 0);
  const sign = direction === 'above' ? '>' : '<';
  const head = [
    'level',
    '',
    'probability',
    `${percent(interval.level)} ${interval.method}`,
    ...(cases === null ? [] : ['usual']),
  ];
  const rows = kept.map(({ level, probability, low, high, usual }) => [
    `${sign} ${shown(level)} ${unit}`,
    '█'.repeat(Math.round(barWidth * probability)),
    percent(probability),
    `${percent(low)} to ${percent(high)}`,
    ...(cases === null ? [] : [usual === null ? '–' : percent(usual)]),
  ]);
  return aligned([head, ...rows]).map((line) => `  ${line}`);
}
