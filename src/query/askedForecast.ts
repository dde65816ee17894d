/**
 * What plume query and plume epsgram are asked of: a run directory, whose members may be incomplete (what is missing is
 * said with the answer), or anyone's forecast files; and the start dates.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataError, usageError } from '../../core/errors.js';
import { openRun, type RunReader } from '../../core/store/run.js';
import { formatTime, parseTimeRange } from '../../core/time.js';
import type { EnsembleSource } from '../../evaluation/ensembleSource.js';
import type { EventTerms } from '../../evaluation/events/parseChecks.js';
import { quantityNames, quantityUnits } from '../../evaluation/events/quantities.js';
import type { Options } from '../options.js';

export interface AskedForecast {
  readonly source: EnsembleSource;
  /** In messages: run "runs/2007". */
  readonly name: string;
  /** The run, where it is one. */
  readonly run: RunReader | null;
  /** What a user should know of how files were read, a sentence each. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/**
 * @param options of them --start also says when the forecasts of files began that do not say
 * @throws {PlumeError} as openRun and openForecastOperand
 */
export async function openAsked(
  operands: readonly string[],
  options: Partial<Pick<Options, 'start' | 'forecastUnit' | 'memberDimension'>>,
): Promise<AskedForecast> {
  const [directory = ''] = operands;
  if (operands.length > 1 || !existsSync(join(directory, 'manifest.json'))) {
    // Reading of foreign files takes a while to load, and a run does not need it.
    const { openForecastOperand } = await import('../forecastOption.js');
    const { start: began, ...files } = options;
    return openForecastOperand(operands, { began, ...files });
  }
  const run = await openRun(directory);
  return { source: run, run, name: `run "${directory}"`, notes: [], close: () => run.close() };
}

/**
 * @param text of --start; undefined: the last
 * @throws {PlumeError} usage, naming the nearest, when there is no such start; data, when there is none at all
 */
export function askedStarts({ source, name }: AskedForecast, text: string | undefined): number[] {
  const there = Array.from(source.starts);
  const last = there.at(-1);
  if (last === undefined) throw dataError(`${name} has no starts; nothing can be asked of it`);
  if (text === undefined) return [last];
  return parseTimeRange(text).map((start) => {
    if (there.includes(start)) return start;
    const nearest = there.reduce((best, one) =>
      Math.abs(one - start) < Math.abs(best - start) ? one : best,
    );
    const span =
      there.length === 1
        ? `its only one is ${formatTime(last)}`
        : `it has ${there.length}, ${formatTime(there[0]!)} to ${formatTime(last)}; the nearest is ${formatTime(nearest)}`;
    throw usageError(`--start ${text}: ${name} has no start ${formatTime(start)}; ${span}`);
  });
}

/** What the language of events is checked against. */
export function termsOf({ schema, leadsHours }: EnsembleSource): EventTerms {
  return {
    quantityUnits: quantityUnits(schema),
    quantityNames: quantityNames(schema),
    leadsHours,
    readFile: (path) => readFileSync(path, 'utf8'),
  };
}
