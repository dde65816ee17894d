/**
 * npm run science [-- PART …] [--days N]: the nature run's dycore beside published ones, and the classical ensemble beside
 * the network; figures and tables under docs/.
 *   climatology [T31L8 …]  1000 days under Held & Suarez 1994
 *   wave        [T31L18 …] the baroclinic wave of Jablonowski & Williamson 2006
 *   growth      [T31L8]    how fast small errors double
 *   eps                    docs/classical-eps.md, from a network: --model DIR, --starts N
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { usageError } from '../../core/errors.js';
import { climatology } from './climatology.js';
import { epsTable } from './epsTable.js';
import { growth } from './growth.js';
import { wave } from './wave.js';

type Resolution = readonly [truncation: number, levels: number];

interface Options {
  readonly resolutions: readonly Resolution[];
  readonly days: number | undefined;
  readonly model: string;
  readonly starts: number;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const parts: Readonly<Record<string, (options: Options) => unknown>> = {
  climatology: ({ resolutions, days = 1000 }) =>
    climatology({ resolutions: resolutions.length > 0 ? resolutions : [[31, 8]], days }),
  wave: ({ resolutions, days = 12 }) =>
    wave({
      resolutions:
        resolutions.length > 0
          ? resolutions
          : [
              [21, 18],
              [31, 18],
              [42, 18],
            ],
      days,
    }),
  growth: ({ resolutions, days = 70 }) => {
    const [truncation, levels] = resolutions[0] ?? [31, 8];
    growth({ truncation, levels, pairs: 20, days });
  },
  eps: ({ model, starts }) => epsTable({ directory: join(root, 'runs', 'classical-eps'), model, starts }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { days: { type: 'string' }, model: { type: 'string' }, starts: { type: 'string' } },
});
const resolutions = positionals.flatMap((word): Resolution[] => {
  const found = /^T(\d+)L(\d+)$/.exec(word);
  return found ? [[Number(found[1]), Number(found[2])]] : [];
});
const wanted = positionals.filter((word) => !/^T\d+L\d+$/.test(word));
const options: Options = {
  resolutions,
  days: values.days === undefined ? undefined : count('days', values.days),
  model: values.model ?? join(root, 'models', 'default'),
  starts: count('starts', values.starts ?? '30'),
};
for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
  const part = parts[name];
  if (part === undefined) throw usageError(`science "${name}" is none of ${Object.keys(parts).join(', ')}`);
  await part(options);
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw usageError(`--${name} ${text}: give a whole number above 0`);
  return value;
}
