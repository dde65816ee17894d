/** The thresholds of a tracker as a list: name, standard, unit, meaning and source. */
import { trackerPresets } from '../../evaluation/cyclones/trackers/presets.js';

/** '' where there is no such tracker: who makes it says so. */
export function thresholdList(tracker: string): string {
  const preset = Object.hasOwn(trackerPresets, tracker) ? trackerPresets[tracker] : undefined;
  if (preset === undefined) return '';
  const rows = Object.entries(preset.thresholds).map(([name, { standard, unit, means, source }]) => ({
    name,
    value: `${standard}${unit === '1' ? '' : ` ${unit}`}`,
    text: `${means} (${source})`,
  }));
  const [names, values] = [
    Math.max(...rows.map(({ name }) => name.length)),
    Math.max(...rows.map(({ value }) => value.length)),
  ];
  return rows
    .map(({ name, value, text }) => `  ${name.padEnd(names)}  ${value.padEnd(values)}  ${text}`)
    .join('\n');
}
