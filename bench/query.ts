/**
 * Questions asked of a stored run, by the clock: the share of members in which the sea-level pressure falls below a
 * threshold at a place at any lead, at one place and at a thousand. First the reading alone, then the answer, each with the
 * run opened for it and with the run open; then the same question in other packages (PLUME_PYTHON, else python3:
 * bench/query_peers.py). All find the file in the page cache.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gridSize } from '../core/grid.js';
import { channelName } from '../core/schema.js';
import { openRun } from '../core/store/run.js';
import { evaluateSites } from '../evaluation/events/evaluate.js';
import type { Condition } from '../evaluation/events/event.js';
import { type RunTrajectories, runTrajectories } from '../evaluation/events/runTrajectories.js';
import { fastest } from './fastest.js';
import { type QueryRun, writeQueryRun } from './queryRun.js';

const threshold = 99_000;
const event: Condition = {
  kind: 'condition',
  text: `msl < ${threshold} Pa here`,
  quantity: { name: 'msl', inTime: null, unit: null },
  comparison: { kind: '<', threshold: { kind: 'number', value: threshold } },
  place: { kind: 'point', centre: 'here' },
  join: 'any',
  window: null,
  durationHours: 0,
};

interface Places {
  readonly latitude: number[];
  readonly longitude: number[];
  /** [place, 4]: grid points around it, and what they weigh in bilinear interpolation. */
  readonly points: number[][];
  readonly weights: number[][];
}

export async function benchQuery({ quick }: { readonly quick: boolean }): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'query-'));
  try {
    const size = quick
      ? { step: 6, leads: 10, weightSamples: 4, noiseStreams: 3 }
      : { step: 1.5, leads: 40, weightSamples: 10, noiseStreams: 5 };
    const run = await writeQueryRun(path.join(folder, 'run'), size);
    const { schema, leadsHours, members, files, bytes } = run;
    print(
      `  ${members} members × ${leadsHours.length} leads × ${schema.channels.length} channels × ` +
        `${gridSize(schema.grid)} points, ${(bytes / 1e9).toFixed(2)} GB in ${files.length} files`,
    );
    await printBreakEven(run);
    const places = placesOn(run, 1000);
    const ours = new Map<number, Answer>();
    for (const count of [1, 1000]) {
      print(`  ${count === 1 ? 'one place' : `${count} places`}, one channel, all leads and members:`);
      await printReading(run, places, count);
      const answer = await answered(run, places, count);
      ours.set(count, answer);
      print(`    the answer       ${opened(answer)}`);
    }
    await printPeers(folder, run, places, ours);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const milliseconds = (seconds: number): string => `${(1e3 * seconds).toFixed(1)} ms`;

const ratio = (theirs: number, ours: number): string => (theirs / ours).toFixed(theirs < 10 * ours ? 1 : 0);

/** What a positional read costs and what a KiB of it: where both are the same lies the gap that is worth reading. */
async function printBreakEven({ files }: QueryRun): Promise<void> {
  const file = files[0]!;
  const fd = openSync(file, 'r');
  try {
    const [small, large] = [8, 16_384];
    const buffer = Buffer.alloc(large);
    const reads = Math.min(2000, Math.floor(statSync(file).size / large));
    const cost = (bytes: number): Promise<number> =>
      fastest(9, () => {
        for (let i = 0; i < reads; i++) readSync(fd, buffer, 0, bytes, i * large);
      });
    const [one, other] = [(await cost(small)) / reads, (await cost(large)) / reads];
    const perKiB = (1024 * (other - one)) / (large - small);
    print(
      `  a positional read ${(1e6 * one).toFixed(2)} µs and ${(1e6 * perKiB).toFixed(2)} µs a KiB: ` +
        `as much as ${(one / perKiB).toFixed(1)} KiB`,
    );
  } finally {
    closeSync(fd);
  }
}

/** Places anywhere but at the poles and between the last meridian and the first, the same each time. */
function placesOn({ schema: { grid } }: QueryRun, count: number): Places {
  const step = grid.latitudes[0]! - grid.latitudes[1]!;
  const nlon = grid.longitudes.length;
  // Steps of the plastic number fill the rectangle evenly and in no order.
  const part = (i: number, power: number): number => (0.5 + (i + 1) / 1.324717957244746 ** power) % 1;
  const latitude = Array.from({ length: count }, (_, i) => 90 - step - (180 - 2 * step) * part(i, 1));
  const longitude = Array.from({ length: count }, (_, i) => (360 - step) * part(i, 2));
  const cells = latitude.map((north, i) => {
    const [row, column] = [(90 - north) / step, longitude[i]! / step];
    const from = Math.floor(row) * nlon + Math.floor(column);
    return { from, south: row % 1, east: column % 1 };
  });
  return {
    latitude,
    longitude,
    points: cells.map(({ from }) => [from, from + 1, from + nlon, from + nlon + 1]),
    weights: cells.map(({ south, east }) =>
      [1 - south, south].flatMap((row) => [row * (1 - east), row * east]),
    ),
  };
}

interface Answer {
  /** Seconds with the run opened for it and with it open. */
  readonly opened: number;
  readonly warm: number | null;
  /** Of the processor, the same two; known of ours. */
  readonly processor?: Times['processor'];
  /** Share of members, a place. */
  readonly answers: readonly number[];
}

/** A quick question is disturbed for its whole length or not at all. */
const triesOf = (count: number): number => (count === 1 ? 60 : 9);

async function withTrajectories<R>(run: QueryRun, use: (members: RunTrajectories) => Promise<R>): Promise<R> {
  const reader = await openRun(run.directory);
  try {
    return await use(await runTrajectories(reader, run.start));
  } finally {
    await reader.close();
  }
}

interface Times {
  readonly opened: number;
  readonly warm: number;
  /** The same two, of the processor: what other work on the machine disturbs least. */
  readonly processor: readonly [number, number];
}

async function timed(
  run: QueryRun,
  count: number,
  work: (members: RunTrajectories) => Promise<unknown>,
): Promise<Times> {
  let least = Number.POSITIVE_INFINITY;
  const processor = async (what: () => Promise<unknown>): Promise<void> => {
    const before = process.cpuUsage();
    await what();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1e6);
  };
  const tries = triesOf(count);
  const opened = await fastest(tries, () => processor(() => withTrajectories(run, work)));
  const ofOpened = least;
  least = Number.POSITIVE_INFINITY;
  const warm = await withTrajectories(run, (members) => fastest(tries, () => processor(() => work(members))));
  return { opened, warm, processor: [ofOpened, least] };
}

async function printReading(run: QueryRun, places: Places, count: number): Promise<void> {
  const points = Int32Array.from(new Set(places.points.slice(0, count).flat())).sort();
  const leads = run.leadsHours.map((_, i) => i);
  const read = (members: RunTrajectories): Promise<Float32Array> => members.read([0], leads, points);
  const times = await timed(run, count, read);
  print(`    reading          ${opened(times)}`);
  const wanted = 4 * points.length * leads.length * run.members;
  const before = bytesRead();
  const opening = await withTrajectories(run, async (members) => {
    const from = bytesRead();
    await read(members);
    return { head: from - before, field: bytesRead() - from };
  });
  if (Number.isNaN(before)) return;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  print(
    `    bytes            ${megabytes(opening.field)} read for ${megabytes(wanted)} wanted, ` +
      `${megabytes(opening.head)} to open; the channel has ${megabytes(run.bytes / run.schema.channels.length)}`,
  );
}

function opened({ opened: seconds, warm, processor }: Pick<Answer, 'opened' | 'warm' | 'processor'>): string {
  const by = (i: 0 | 1): string =>
    processor === undefined ? '' : ` (processor ${milliseconds(processor[i])})`;
  return `${milliseconds(seconds)}${by(0)}${warm === null ? '' : `, with the run open ${milliseconds(warm)}${by(1)}`}`;
}

/** By this process so far; NaN where the system does not say. */
function bytesRead(): number {
  try {
    return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}

async function answered(run: QueryRun, { latitude, longitude }: Places, count: number): Promise<Answer> {
  const sites = Array.from({ length: count }, (_, i) => ({
    latitude: latitude[i]!,
    longitude: longitude[i]!,
  }));
  const ask = async (members: RunTrajectories): Promise<number[]> => {
    const found = await evaluateSites(event, sites, members);
    return found.map(({ yes }) => yes.reduce((sum, each) => sum + each, 0) / yes.length);
  };
  return { ...(await timed(run, count, ask)), answers: await withTrajectories(run, ask) };
}

async function printPeers(
  folder: string,
  run: QueryRun,
  places: Places,
  ours: ReadonlyMap<number, Answer>,
): Promise<void> {
  const { grid, channels } = run.schema;
  writeFileSync(
    path.join(folder, 'question.json'),
    JSON.stringify({
      files: run.files,
      channel: channelName(channels[0]!),
      threshold,
      members: run.members,
      leads_hours: run.leadsHours,
      latitudes: [...grid.latitudes],
      longitudes: [...grid.longitudes],
      places,
    }),
  );
  const program = fileURLToPath(new URL('../../bench/query_peers.py', import.meta.url));
  const child: ChildProcess = spawn(process.env.PLUME_PYTHON ?? 'python3', [program, folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.on('error', () => {});
  try {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const first = await lines.next();
    const versions = first.done === true ? {} : (JSON.parse(first.value) as Record<string, string>);
    if (Object.keys(versions).length === 0)
      print('  no Python with numpy and xarray, polars or duckdb found (set PLUME_PYTHON)');
    for (const [count, own] of ours) {
      if (Object.keys(versions).length > 0) print(`  ${count === 1 ? 'one place' : `${count} places`}:`);
      for (const [name, version] of Object.entries(versions)) {
        child.stdin!.write(`${name} ${count} ${count === 1 ? 9 : 2}\n`);
        const line = await lines.next();
        if (line.done === true) return print(`    ${name} ${version} did not answer`);
        const theirs = JSON.parse(line.value) as Answer;
        const off = theirs.answers.filter((answer, i) => Math.abs(answer - own.answers[i]!) > 1e-9).length;
        print(
          `    ${`${name} ${version}`.padEnd(17)}${opened(theirs)}, ${ratio(theirs.opened, own.opened)} × ours` +
            `${theirs.warm === null ? '' : ` and ${ratio(theirs.warm, own.warm!)} ×`}; ` +
            `${off === 0 ? 'the same answer everywhere' : `another answer at ${off} of ${count}`}`,
        );
      }
    }
  } finally {
    child.stdin?.end();
  }
}
