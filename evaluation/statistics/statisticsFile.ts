/**
 * statistics.arrow: a table of statistics and what it was made from, in an Arrow IPC file. One row a case:
 *
 *   model, variable, level, lead_hours, region, member_count, start, layout, values List<float64>
 *
 * The names of the values are in the schema's metadata: `layouts` is a JSON list of lists of names, and `layout` says
 * which of them. Metadata `starts` names all starts that were looked at, also those without truth; `made_from` says
 * what archive, options and version of this program. Equal tables give equal bytes, and nothing is lost.
 */
import { readFile } from 'node:fs/promises';
import {
  type Data,
  Field,
  Float64,
  List,
  makeData,
  Schema,
  type Table,
  tableFromIPC,
  type Vector,
} from 'apache-arrow';
import { dataError, usageError } from '../../core/errors.js';
import {
  encodeArrowFile,
  int32,
  int32Data,
  timeData,
  utcTime,
  utf8,
  utf8Data,
} from '../../core/store/arrowColumns.js';
import { fileError, writeAtomically } from '../../core/store/atomic.js';
import { canonicalJson, type Json, jsonDifferences } from '../../core/store/canonicalJson.js';
import { CaseTable } from './caseTable.js';
import type { ReferenceSummary } from './gatherRequest.js';
import { makeTable, mergeTables, type StatisticGroup, type StatisticTable } from './statisticTable.js';

const format = 'plume-statistics';
export const statisticsName = 'statistics.arrow';

export interface StatisticsFile {
  readonly table: StatisticTable;
  /** Archive, training period, references, regions, events, NaN policy, version: parts merge only where all agree. */
  readonly madeFrom: Json;
  /** What references were fitted, for people. */
  readonly references?: readonly ReferenceSummary[];
}

const float64 = new Float64();
const valuesType = new List(new Field('item', float64, true));

function schemaOf(metadata: Map<string, string>): Schema {
  const required = (name: string, type: Field['type']): Field => new Field(name, type, false);
  return new Schema(
    [
      required('model', utf8),
      required('variable', utf8),
      new Field('level', float64, true),
      required('lead_hours', int32),
      required('region', utf8),
      required('member_count', float64),
      required('start', utcTime),
      required('layout', int32),
      required('values', valuesType),
    ],
    metadata,
  );
}

/** @returns the bytes of the file: equal arguments give equal bytes */
export function encodeStatistics({ table, madeFrom, references = [] }: StatisticsFile): Uint8Array {
  const layouts = new Map<string, number>();
  const rows: { group: StatisticGroup; start: number; at: number; layout: number }[] = [];
  let total = 0;
  for (const group of table.groups) {
    const names = JSON.stringify(group.cases.statistics);
    const layout = layouts.get(names) ?? layouts.size;
    layouts.set(names, layout);
    for (const [at, start] of table.starts.entries()) {
      if (!group.cases.has(at)) continue;
      rows.push({ group, start, at, layout });
      total += group.cases.statistics.length;
    }
  }
  const values = new Float64Array(total);
  const offsets = new Int32Array(rows.length + 1);
  for (const [i, { group, at }] of rows.entries()) {
    const row = group.cases.row(at);
    values.set(row, offsets[i]!);
    offsets[i + 1] = offsets[i]! + row.length;
  }
  const schema = schemaOf(
    new Map([
      ['format', format],
      ['format_version', '1'],
      ['made_from', canonicalJson(madeFrom)],
      ['references', JSON.stringify(references)],
      ['starts', JSON.stringify(table.starts)],
      ['layouts', `[${[...layouts.keys()].join(',')}]`],
    ]),
  );
  const columns: Data[] = [
    utf8Data(rows.map(({ group }) => group.model)),
    utf8Data(rows.map(({ group }) => group.variable)),
    levelData(rows.map(({ group }) => group.level)),
    int32Data(rows.map(({ group }) => group.lead_hours)),
    utf8Data(rows.map(({ group }) => group.region)),
    floatData(Float64Array.from(rows, ({ group }) => group.memberCount)),
    timeData(rows.map(({ start }) => start)),
    int32Data(rows.map(({ layout }) => layout)),
    makeData({
      type: valuesType,
      length: rows.length,
      nullCount: 0,
      valueOffsets: offsets,
      child: floatData(values),
    }),
  ];
  return encodeArrowFile(schema, [columns]);
}

function floatData(data: Float64Array): Data<Float64> {
  return makeData({ type: float64, length: data.length, nullCount: 0, data });
}

function levelData(levels: readonly (number | null)[]): Data<Float64> {
  const nullBitmap = new Uint8Array(Math.ceil(levels.length / 64) * 8);
  let nullCount = 0;
  for (const [i, level] of levels.entries()) {
    if (level === null) nullCount++;
    else nullBitmap[i >> 3]! |= 1 << (i & 7);
  }
  const data = Float64Array.from(levels, (level) => level ?? 0);
  return nullCount === 0
    ? floatData(data)
    : makeData({ type: float64, length: levels.length, nullCount, nullBitmap, data });
}

/** @throws {PlumeError} resources, when the disk is full or closed to us */
export async function writeStatistics(path: string, file: StatisticsFile): Promise<void> {
  await writeAtomically(path, encodeStatistics(file));
}

/** @throws {PlumeError} data, when the file is missing, damaged or holds something else */
export async function readStatistics(path: string): Promise<StatisticsFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw fileError(error, `reading ${path}`);
  }
  return decodeStatistics(bytes, path);
}

/** @param name in messages */
export function decodeStatistics(bytes: Uint8Array, name: string): StatisticsFile {
  const again = 'remove it and run plume verify again';
  let file: Table;
  try {
    file = tableFromIPC(bytes);
  } catch (error) {
    throw dataError(`${name} is not a readable Arrow file; ${again}`, { cause: error });
  }
  const { metadata } = file.schema;
  if (metadata.get('format') !== format) {
    throw dataError(
      `${name} has format ${metadata.get('format') ?? 'none'}, expected ${format}; it was cut short or holds ` +
        `something else: ${again}`,
    );
  }
  const parsed = (key: string): unknown => JSON.parse(metadata.get(key) ?? 'null');
  const starts = parsed('starts') as number[];
  const layouts = parsed('layouts') as string[][];
  const position = new Map(starts.map((start, i) => [start, i]));
  const column = (key: string): Vector => {
    const vector = file.getChild(key);
    if (vector === null) throw dataError(`${name} has no column "${key}"; ${again}`);
    return vector;
  };
  const [models, variables, levels] = [column('model'), column('variable'), column('level')];
  const [leads, regions, members] = [column('lead_hours'), column('region'), column('member_count')];
  const [times, layout, values] = [column('start'), column('layout'), column('values')];
  const groups = new Map<string, StatisticGroup>();
  for (let i = 0; i < file.numRows; i++) {
    const place = {
      model: models.get(i) as string,
      variable: variables.get(i) as string,
      level: levels.get(i) as number | null,
      lead_hours: leads.get(i) as number,
      region: regions.get(i) as string,
      memberCount: members.get(i) as number,
    };
    const key = JSON.stringify(place);
    const statistics = layouts[layout.get(i) as number];
    const at = position.get(Number(times.get(i)));
    if (statistics === undefined || at === undefined) {
      throw dataError(`${name} is damaged: row ${i} has no names or a start it does not list; ${again}`);
    }
    const group = groups.get(key) ?? { ...place, cases: new CaseTable(statistics, starts.length) };
    groups.set(key, group);
    group.cases.set(at, (values.get(i) as Vector<Float64>).toArray() as Float64Array);
  }
  return {
    table: makeTable(starts, [...groups.values()]),
    madeFrom: parsed('made_from') as Json,
    references: (parsed('references') ?? []) as ReferenceSummary[],
  };
}

/**
 * Parts of one verification put together: other starts, or other runs, of the same archive and options.
 * @throws {PlumeError} usage, when the parts were not made alike, naming what differs; data, as mergeTables
 */
export function mergeStatistics(first: StatisticsFile, ...others: readonly StatisticsFile[]): StatisticsFile {
  for (const { madeFrom } of others) {
    const differences = jsonDifferences(first.madeFrom, madeFrom, 3);
    if (differences.length > 0) {
      throw usageError(
        `statistics made with other options do not merge: ${differences.join('; ')}; gather all parts alike`,
      );
    }
  }
  return {
    table: mergeTables(first.table, ...others.map(({ table }) => table)),
    madeFrom: first.madeFrom,
    references: first.references ?? [],
  };
}
