/**
 * All that scoring leaves behind: for every model, channel, lead and region a row of statistics for each start.
 * A row is a number a case, made from that case alone; tables of other starts, leads, models or regions merge by
 * union. There is one spelling for one content (starts rise, groups in order of their names, none empty), so that
 * whichever way the work was cut and the parts were put together, the result is the same to the bit.
 */
import { dataError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import { CaseTable } from './caseTable.js';

/** Where a group belongs. */
export interface StatisticPlace {
  /** Name of a run or of a reference. */
  readonly model: string;
  readonly variable: string;
  /** hPa, or null at the surface. */
  readonly level: number | null;
  readonly lead_hours: number;
  readonly region: string;
}

export interface StatisticGroup extends StatisticPlace {
  /** 1: a point forecast; Infinity: a distribution in closed form. */
  readonly memberCount: number;
  /** Rows by position among the table's starts. */
  readonly cases: CaseTable;
}

export interface StatisticTable {
  /** Milliseconds since 1970, rising. */
  readonly starts: readonly number[];
  readonly groups: readonly StatisticGroup[];
}

/**
 * The one spelling of a content.
 * @param starts rising, at least those that any group has a row of
 * @param groups rows by position among `starts`
 */
export function makeTable(starts: readonly number[], groups: readonly StatisticGroup[]): StatisticTable {
  return { starts, groups: groups.filter(({ cases }) => cases.count > 0).sort(comparePlaces) };
}

/**
 * The union of tables; any order of them, and any order of merging parts, gives the same bits.
 * @throws {PlumeError} data, when the same case differs between two tables, or what its statistics are
 */
export function mergeTables(...tables: readonly StatisticTable[]): StatisticTable {
  const starts = [...new Set(tables.flatMap((table) => table.starts))].sort((a, b) => a - b);
  const position = new Map(starts.map((start, i) => [start, i]));
  const merged = new Map<string, StatisticGroup>();
  for (const table of tables) {
    for (const group of table.groups) {
      const key = placeKey(group);
      const { statistics } = group.cases;
      const into = merged.get(key) ?? { ...group, cases: new CaseTable(statistics, starts.length) };
      merged.set(key, into);
      requireSameColumns(into, group);
      for (const [i, start] of table.starts.entries()) {
        if (!group.cases.has(i)) continue;
        const at = position.get(start) ?? 0;
        if (into.cases.has(at)) requireSameRow(into, group, at, i, start);
        else into.cases.set(at, group.cases.row(i));
      }
    }
  }
  return makeTable(starts, [...merged.values()]);
}

/** The rows of some of the starts. @param kept of a start, milliseconds since 1970 */
export function selectStarts(table: StatisticTable, kept: (start: number) => boolean): StatisticTable {
  const indices = [...table.starts.keys()].filter((i) => kept(table.starts[i]!));
  const groups = table.groups.map((group) => {
    const cases = new CaseTable(group.cases.statistics, indices.length);
    for (const [to, from] of indices.entries())
      if (group.cases.has(from)) cases.set(to, group.cases.row(from));
    return { ...group, cases };
  });
  return makeTable(
    indices.map((i) => table.starts[i]!),
    groups,
  );
}

function placeKey({ model, variable, level, lead_hours, region }: StatisticPlace): string {
  return JSON.stringify([variable, level, region, lead_hours, model]);
}

function comparePlaces(a: StatisticPlace, b: StatisticPlace): number {
  return (
    compareTexts(a.variable, b.variable) ||
    (a.level ?? Number.POSITIVE_INFINITY) - (b.level ?? Number.POSITIVE_INFINITY) ||
    compareTexts(a.region, b.region) ||
    a.lead_hours - b.lead_hours ||
    compareTexts(a.model, b.model)
  );
}

/** By code unit: the same order in every locale. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function describePlace({ model, variable, level, lead_hours, region }: StatisticPlace): string {
  return `${model}, ${variable}${level ?? ''}, lead ${lead_hours} h, region ${region}`;
}

function requireSameColumns(a: StatisticGroup, b: StatisticGroup): void {
  const [own, other] = [a.cases.statistics, b.cases.statistics];
  if (a.memberCount !== b.memberCount) {
    throw dataError(
      `statistics of ${describePlace(a)}: one part is of ${a.memberCount} members, another of ${b.memberCount}; ` +
        'merge parts of one ensemble, made with the same options',
    );
  }
  const differs = own.length !== other.length || own.some((name, i) => name !== other[i]);
  if (!differs) return;
  const only = (some: readonly string[], without: readonly string[]): string =>
    some.filter((name) => !without.includes(name))[0] ?? 'nothing more';
  throw dataError(
    `statistics of ${describePlace(a)} are not the same in all parts: one has ${only(own, other)}, another ` +
      `${only(other, own)}; gather all parts with the same options`,
  );
}

function requireSameRow(
  a: StatisticGroup,
  b: StatisticGroup,
  rowA: number,
  rowB: number,
  start: number,
): void {
  const [own, other] = [a.cases.row(rowA), b.cases.row(rowB)];
  const differs = own.findIndex((value, i) => !Object.is(value, other[i]));
  if (differs < 0) return;
  throw dataError(
    `statistics of ${describePlace(a)}, start ${formatTime(start)}: ${a.cases.statistics[differs]} is ${own[differs]} ` +
      `in one part and ${other[differs]} in another; they were not made from the same members and truth: gather anew`,
  );
}
