/**
 * Statistics that plume verify (or plume forecast) left in run directories, put side by side: where every run has them
 * and they were made alike, a comparison needs to read neither members nor truth. What the command line does not ask
 * for is as it was then: references, what they learn from, regions and events.
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../core/store/canonicalJson.js';
import type { SharedCases } from '../evaluation/compare.js';
import { wholeDomain } from '../evaluation/region.js';
import { startsLacking } from '../evaluation/statistics/growingStatistics.js';
import { comparable } from '../evaluation/statistics/madeFrom.js';
import {
  readStatistics,
  type StatisticsFile,
  statisticsName,
} from '../evaluation/statistics/statisticsFile.js';
import {
  mergeTables,
  type StatisticGroup,
  type StatisticTable,
  selectStarts,
} from '../evaluation/statistics/statisticTable.js';
import type { ForecastOperand } from './forecastOption.js';
import { isNatureArchive } from './natureOption.js';
import type { Options } from './options.js';
import { ensembleModel, type VerificationPlan } from './verificationPlan.js';

export interface KeptComparison {
  /** Groups of the runs by their labels, and of the references; of shared starts, leads and channels only. */
  readonly table: StatisticTable;
  readonly references: readonly string[];
  readonly training: string | null;
  readonly regions: readonly string[];
  /** (start, lead, channel) scored, and those that had no truth. */
  readonly scored: number;
  readonly missingTruth: number;
}

/** Parts of what statistics were made from, by the option that asks for them. */
const askedBy: Readonly<Record<string, keyof Options>> = {
  references: 'references',
  training: 'train',
  regions: 'regions',
  events: 'thresholds',
};

/**
 * @param operands runs and their labels
 * @param plans what would be gathered of each run now
 * @param options of the command line, undefined where nothing was said
 * @returns null where members must be read: a run without statistics, older than the archive, lacking starts, leads or
 *   channels, made otherwise than the others or than asked for
 * @throws {PlumeError} data, when a file is damaged
 */
export async function keptComparison(
  operands: readonly { readonly label: string; readonly forecast: ForecastOperand }[],
  plans: readonly VerificationPlan[],
  options: Partial<Options>,
  shared: SharedCases,
): Promise<KeptComparison | null> {
  const archives = (options.archive ?? []).filter((archive) => !isNatureArchive(archive));
  const written = await Promise.all(archives.map(writtenAt));
  const files: StatisticsFile[] = [];
  for (const [i, { forecast }] of operands.entries()) {
    if (forecast.run === null) return null; // the name of a file does not tell what is in it
    const path = join(forecast.directory, statisticsName);
    const own = await writtenAt(path);
    if (own === null || written.some((time) => time === null || time >= own)) return null;
    const file = await readStatistics(path);
    const plan = plans[i];
    if (plan === undefined || !servesFor(file.madeFrom, plan.madeFrom, options)) return null;
    if (files[0] !== undefined && !comparable(files[0].madeFrom, file.madeFrom)) return null;
    const { starts, leadsHours, schema } = shared;
    const wanted = { ...plan.gathering, starts, leadsHours, channels: schema.channels };
    if (startsLacking(file.table, wanted).length > 0) return null;
    files.push(file);
  }
  const [first] = files;
  if (first === undefined) return null;
  const labels = operands.map(({ label }) => label);
  const isReference = ({ model }: StatisticGroup): boolean => model !== ensembleModel;
  // A run that is called like a reference: which is which could not be told.
  if (first.table.groups.some((group) => isReference(group) && labels.includes(group.model))) return null;
  const parts = files.map(({ table }, i) => part(table, operands[i]?.label ?? '', i === 0, shared));
  const table = mergeTables(...parts);
  const models = [...new Set(table.groups.map(({ model }) => model))].filter(
    (model) => !labels.includes(model),
  );
  const own = table.groups.filter(({ model, region }) => model === labels[0] && region === wholeDomain.name);
  const scored = own.reduce((sum, { cases }) => sum + cases.count, 0);
  const { starts, leadsHours, schema } = shared;
  return {
    table,
    references: listOf(first.madeFrom, 'references').flatMap(
      (name) => models.find((each) => name.startsWith(each)) ?? [],
    ),
    training: textOf(first.madeFrom, 'training'),
    regions: regionsOf(first.madeFrom),
    scored,
    missingTruth: starts.length * leadsHours.length * schema.channels.length - scored,
  };
}

/** Whether all that was asked for is as it was then, and all else that nobody can choose. */
function servesFor(then: Json, now: Json, options: Partial<Options>): boolean {
  const [a, b] = [then as { readonly [key: string]: Json }, now as { readonly [key: string]: Json }];
  return Object.keys({ ...a, ...b }).every((key) => {
    const option = askedBy[key];
    if (option !== undefined && options[option] === undefined) return true;
    return canonicalJson(a[key] ?? null) === canonicalJson(b[key] ?? null);
  });
}

/** Of one run: its own groups, called by its label, and with `references` those of the references. */
function part(
  table: StatisticTable,
  label: string,
  references: boolean,
  { starts, leadsHours, schema }: SharedCases,
): StatisticTable {
  const kept = new Set(starts);
  const isShared = ({ variable, level, lead_hours }: StatisticGroup): boolean =>
    leadsHours.includes(lead_hours) &&
    schema.channels.some((channel) => channel.variable === variable && channel.level === level);
  const groups = table.groups.flatMap((group) => {
    if (!isShared(group)) return [];
    if (group.model === ensembleModel) return { ...group, model: label };
    return references ? [group] : [];
  });
  return selectStarts({ starts: table.starts, groups }, (start) => kept.has(start));
}

function textOf(from: Json, key: string): string | null {
  const value = (from as { readonly [key: string]: Json })[key];
  return typeof value === 'string' ? value : null;
}

function listOf(from: Json, key: string): string[] {
  const value = (from as { readonly [key: string]: Json })[key];
  return Array.isArray(value) ? value.map(String) : [];
}

function regionsOf(from: Json): string[] {
  const { regions } = from as { readonly regions?: readonly { readonly name: string }[] };
  return (regions ?? []).map(({ name }) => name);
}

/** Milliseconds since 1970; null where there is no such file, an address for instance. */
async function writtenAt(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}
