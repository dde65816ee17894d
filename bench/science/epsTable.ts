/**
 * Makes docs/classical-eps.md: a nature run that no model has seen, forecast from the same analyses by the dycore
 * itself and by the network, verified and compared. Every step is a command of plume in a process of its own; what is
 * there already is taken up again. Costs are those of this machine while it does nothing else.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usageError } from '../../core/errors.js';
import { formatTime, millisecondsPerDay } from '../../core/time.js';
import type { CompareResult } from '../../src/commands/compare.js';
import { parseScores } from '../scoresJson.js';
import { bayesian, deterministic, eps, epsDocument } from './epsDocument.js';

export interface EpsTableOptions {
  /** Where runs and archive are kept. */
  readonly directory: string;
  /** Start dates, spread over the test year: two or more. */
  readonly starts: number;
  /** Directory of the network. */
  readonly model: string;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const plume = fileURLToPath(new URL('../../src/plume.js', import.meta.url));

/** Networks learn from seed 1, and tonight is seed 2: this atmosphere is neither's. */
const natureSeed = 3;
const forecastSeed = 1;
/** The first year is what the climate and the analysis errors are made of; the second is forecast. */
const firstYear = { from: Date.UTC(2001, 0, 1), to: Date.UTC(2001, 11, 20) };
const testYear = Date.UTC(2002, 0, 1);
const testDays = 365;
const leadDays = 10;

/**
 * Runs whatever is missing and writes the document.
 * @returns its path
 * @throws {PlumeError} usage, for fewer than two starts; the process ends with the code of a command that fails
 */
export async function epsTable(options: EpsTableOptions): Promise<string> {
  const { directory, model } = options;
  mkdirSync(directory, { recursive: true });
  const commands = epsCommands(options);
  for (const args of commands.slice(0, -1)) run(args);
  const result = comparisonOf(run([...(commands.at(-1) ?? []), '--json']));
  const output = join(root, 'docs', 'classical-eps.md');
  mkdirSync(join(root, 'docs'), { recursive: true });
  const inProject = (text: string): string =>
    [directory, model].reduce((line, path) => line.replaceAll(path, relative(root, path) || path), text);
  const shown = commands.map((args) => inProject(`npx plume ${args.join(' ')}`));
  writeFileSync(output, epsDocument(result, shown));
  return output;
}

/** The commands, the comparison last. */
export function epsCommands({ directory, starts, model }: EpsTableOptions): string[][] {
  if (!(Number.isInteger(starts) && starts >= 2 && starts <= testDays - leadDays))
    throw usageError(`the table needs 2 to ${testDays - leadDays} starts, found ${starts}`);
  const nature = join(directory, 'nature.zarr');
  const at = (name: string): string => join(directory, name);
  const day = (time: number): string => formatTime(time).slice(0, 10);
  const climate = `${day(firstYear.from)}/${day(firstYear.to)}`;
  const spacing = Math.floor((testDays - leadDays - 1) / (starts - 1));
  const last = testYear + (starts - 1) * spacing * millisecondsPerDay;
  const dates = `${day(testYear)}/${day(last)}/P${spacing}D`;
  const forecast = (name: string, ...flags: string[]): string[] => [
    'forecast',
    ...['--archive', nature, '--starts', dates, '--lead', `P${leadDays}D`, '--every', '24h'],
    ...['--analysis-error', '0.1', '--initial-states', climate, '--seed', `${forecastSeed}`],
    ...['--device', 'cpu', ...flags, '--out', at(name)],
  ];
  const learnt = ['--archive', nature, '--train', climate, '--references', 'persistence,climatology'];
  return [
    [
      'nature',
      ...['--days', `${(testYear - firstYear.from) / millisecondsPerDay + testDays}`, '--every', '24h'],
      ...['--seed', `${natureSeed}`, '--model-levels', '--out', nature],
    ],
    forecast(eps, '--model', 'nature', '--members', '1x48'),
    forecast(bayesian, '--model', model, '--members', '8x6'),
    forecast(deterministic, '--model', model, '--deterministic'),
    ...[eps, bayesian, deterministic].map((name) => ['verify', at(name), ...learnt]),
    ['compare', at(eps), at(bayesian), at(deterministic), ...learnt],
  ];
}

export function comparisonOf(json: string): CompareResult {
  return parseScores(json) as CompareResult;
}

function run(args: readonly string[]): string {
  process.stderr.write(`$ plume ${args.join(' ')}\n`);
  const result = spawnSync(process.execPath, [plume, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result.stdout;
}
