/**
 * Makes docs/results.md: for every source of an ensemble's spread an arm, on two series split in time (evidence/).
 * What is there already is kept: trainings, forecasts and scores with their records under runs/results.
 *
 *   npm run results [-- slp nature] [--slp FILE] [--nature FILE]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usageError } from '../core/errors.js';
import { resultsDocument } from './evidence/document.js';
import { type Evidence, gather } from './evidence/gather.js';
import { root } from './evidence/plumeCommand.js';
import { type SeriesName, seriesNamed } from './evidence/series.js';

const names: readonly SeriesName[] = ['slp', 'nature'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { slp: { type: 'string' }, nature: { type: 'string' } },
});
const unknown = positionals.find((name) => !names.some((known) => known === name));
if (unknown !== undefined) throw usageError(`results: "${unknown}" is none of ${names.join(', ')}`);

process.chdir(root);
const all: Evidence[] = [];
for (const name of names) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  all.push(await gather(seriesNamed(name, values[name])));
}
mkdirSync(join(root, 'docs'), { recursive: true });
const output = join(root, 'docs', 'results.md');
const machine = { cores: cpus().length, processor: cpus()[0]?.model ?? 'unknown' };
const before = existsSync(output) ? readFileSync(output, 'utf8') : '';
writeFileSync(output, resultsDocument(all, machine, before));
process.stderr.write(`wrote ${output}\n`);
