/** What statistics say of forecasts that no score would: that there is no value, or no spread. */
import { dataError } from '../core/errors.js';
import { channelName } from '../core/schema.js';
import type { CaseTable } from '../evaluation/statistics/caseTable.js';
import type { StatisticGroup, StatisticTable } from '../evaluation/statistics/statisticTable.js';

/**
 * @param model of the table whose forecasts are meant
 * @param name of the forecasts, in messages
 * @throws {PlumeError} data, when there is not a single value to score
 */
export function notesOn({ groups }: StatisticTable, model: string, name: string): string[] {
  const channels = new Map<string, StatisticGroup[]>();
  for (const group of groups) {
    if (group.model !== model) continue;
    const channel = channelName({ ...group, unit: '' });
    channels.set(channel, [...(channels.get(channel) ?? []), group]);
  }
  const empty = [...channels].filter(([, own]) => own.every(({ cases }) => !hasValue(cases)));
  if (channels.size > 0 && empty.length === channels.size) {
    throw dataError(
      `${name} has no value to score: wherever there is truth, its members are missing (NaN); check the fill value ` +
        'and valid range of the file, and the region',
    );
  }
  const alike = [...channels].filter(
    ([, own]) => own.every(isAlike) && own.some(({ cases }) => hasValue(cases)),
  );
  const split = [...channels].filter(
    ([channel, own]) => !named(alike).includes(channel) && own.some(losesIgnorance),
  );
  return [
    ...told(empty, 'no value to score: left out'),
    ...told(
      alike,
      'all members are alike: spread and spread–skill ratio are 0, ignorance is infinite and left out',
    ),
    ...told(split, 'members are all alike in places: ignorance is infinite there, and left out'),
  ];
}

function named(channels: readonly (readonly [string, unknown])[]): string[] {
  return channels.map(([channel]) => channel);
}

function told(channels: readonly (readonly [string, unknown])[], what: string): string[] {
  return channels.length === 0 ? [] : [`${named(channels).join(', ')}: ${what}`];
}

/** A column of the cases that are there; empty where the statistic is not. */
function columnOf(cases: CaseTable, statistic: string): number[] {
  if (!cases.statistics.includes(statistic)) return [];
  return Array.from({ length: cases.starts }, (_, start) => start)
    .filter((start) => cases.has(start))
    .map((start) => cases.at(start, statistic));
}

function hasValue(cases: CaseTable): boolean {
  return columnOf(cases, 'squared_error').some(Number.isFinite);
}

function isAlike({ memberCount, cases }: StatisticGroup): boolean {
  return (
    memberCount > 1 &&
    columnOf(cases, 'variance').every((variance) => variance === 0 || Number.isNaN(variance))
  );
}

function losesIgnorance({ cases }: StatisticGroup): boolean {
  const ignorance = columnOf(cases, 'ignorance');
  const variance = columnOf(cases, 'variance');
  return ignorance.some((value, i) => !Number.isFinite(value) && Number.isFinite(variance[i] ?? Number.NaN));
}
