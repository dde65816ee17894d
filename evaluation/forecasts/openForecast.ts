/**
 * Anyone's forecasts as an ensemble that can be scored: NetCDF files and Zarr stores, one or several, split by
 * member, start, lead or variable as their makers liked. Every field is found by (channel, start, lead, member).
 * A file without members is one of them: alone a point forecast, or, beside others of the same times, a member in
 * the order of the files. A member that a forecast lacks is missing (NaN), and said.
 */
import type { Dataset } from '../../core/archive/dataset.js';
import { shortList } from '../../core/archive/fields.js';
import { openDataset } from '../../core/archive/openDataset.js';
import { dataError, usageError } from '../../core/errors.js';
import { describeGrid, type Grid, gridSize, makeGrid, sameGrid } from '../../core/grid.js';
import { type Channel, channelName, type Schema } from '../../core/schema.js';
import { formatTime } from '../../core/time.js';
import type { EnsembleSource, PointRange } from '../ensembleSource.js';
import {
  type ForecastFileRequest,
  type ForecastPart,
  forecastFile,
  type MemberLabel,
} from './forecastFile.js';
import { readPart } from './readPart.js';
import { heldBytesOf, isBetterWhole, LastField } from './wholeFields.js';

export type ForecastRequest = ForecastFileRequest;

export interface OpenForecast {
  readonly source: EnsembleSource;
  /** As their files number or name them, in the order of `source`. */
  readonly memberLabels: readonly MemberLabel[];
  /** What a user should know of how the files were read, a sentence each. */
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/** A part and where in it one forecast lies. */
interface Located {
  readonly part: ForecastPart;
  readonly indices: readonly number[];
  readonly labels: readonly MemberLabel[];
}

/** By start, then lead. */
type Locations = Map<number, Map<number, Located[]>>;

/**
 * @param paths NetCDF files, Zarr directories or addresses of Zarr stores
 * @throws {PlumeError} data, when a file is missing, damaged or not of a known format, states too little of what it
 *   holds, or files do not fit together; usage, when none is given
 */
export async function openForecast(
  paths: readonly string[],
  request: ForecastRequest = {},
): Promise<OpenForecast> {
  if (paths.length === 0) throw usageError('no forecast was given; name a NetCDF file or a Zarr store');
  const datasets: Dataset[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(datasets.map((dataset) => dataset.close()));
  };
  try {
    const parts: ForecastPart[] = [];
    const leftOut: string[] = [];
    const answered = new Set<string>();
    for (const path of paths) {
      const { variables } = request;
      const dataset = await openDataset(path, variables === undefined ? {} : { variables });
      datasets.push(dataset);
      const file = await forecastFile(dataset, request);
      parts.push(...file.parts);
      leftOut.push(...file.leftOut);
      for (const name of file.answered) answered.add(name);
    }
    requireAnswered(request.variables ?? [], answered, datasets);
    return { ...join(parts, leftOut), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function requireAnswered(
  variables: readonly string[],
  answered: ReadonlySet<string>,
  datasets: readonly Dataset[],
): void {
  const missing = variables.find((name) => !answered.has(name));
  if (missing === undefined) return;
  const names = [...new Set(datasets.flatMap((dataset) => [...dataset.variables.keys()]))];
  throw dataError(
    `forecast "${datasets[0]!.path}" has no variable "${missing}"; it has ${shortList(names)}. ` +
      'Name a variable of the file or an ERA5 short name (msl, t850, u10) with --variables',
  );
}

function join(parts: readonly ForecastPart[], leftOut: readonly string[]): Omit<OpenForecast, 'close'> {
  const grid = commonGrid(parts);
  const notes = leftOut.map((reason) => `left out: ${reason}`);
  const channels = channelsOf(parts);
  const locations = channels.map((channel) => locate(parts.filter((part) => isOf(part, channel))));
  const { starts, leadsHours, note } = commonTimes(locations);
  if (note !== null) notes.push(note);
  if (parts.some(({ table }) => !table.statesStarts)) {
    notes.push(
      'the forecast states valid times only: each is scored as a forecast of lead 0; --starts DATE (query, epsgram and tracks: --start DATE) says when it began',
    );
  }
  const memberLabels = allLabels(locations, starts, leadsHours);
  const rowOf = new Map(memberLabels.map((label, row) => [label, row]));
  notes.push(...incomplete(channels, locations, starts, leadsHours, memberLabels));
  const schema: Schema = { grid, channels };
  const all = { from: 0, to: gridSize(grid) };
  const lastField = new LastField();
  const source: EnsembleSource = {
    schema,
    starts: Float64Array.from(starts),
    leadsHours,
    manifest: { weight_samples: 1, noise_streams: memberLabels.length },
    heldBytes: heldBytesOf(parts, memberLabels.length, all.to),
    async readMembers(start, leadHours, channelIndex, points = all, into) {
      const located = locations[channelIndex]?.get(start)?.get(leadHours);
      if (located === undefined) {
        throw usageError(
          `forecast "${parts[0]!.path}" has no field of channel ${channelIndex} at ${formatTime(start)} + ${leadHours} h`,
        );
      }
      const width = points.to - points.from;
      const values =
        into?.subarray(0, memberLabels.length * width) ?? new Float32Array(memberLabels.length * width);
      const read = async (range: PointRange, out: Float32Array): Promise<Float32Array> => {
        if (located.reduce((sum, { labels }) => sum + labels.length, 0) < memberLabels.length) {
          out.fill(Number.NaN);
        }
        for (const { part, indices, labels } of located) {
          const rows = labels.map((label) => rowOf.get(label)!);
          await readPart(part, indices, rows, range, out);
        }
        return out;
      };
      if (located.some(({ part }) => isBetterWhole(part, memberLabels.length, points, all.to))) {
        const whole = await lastField.get(`${channelIndex}/${start}/${leadHours}`, () =>
          read(all, new Float32Array(memberLabels.length * all.to)),
        );
        for (const m of memberLabels.keys()) {
          values.set(whole.subarray(m * all.to + points.from, m * all.to + points.to), m * width);
        }
      } else await read(points, values);
      return { values, members: Int32Array.from(memberLabels, (_, m) => m) };
    },
  };
  return { source, memberLabels, notes };
}

function commonGrid(parts: readonly ForecastPart[]): Grid {
  const gridOf = (part: ForecastPart): Grid => makeGrid(part.latitudes.values, part.longitudes.values);
  const grid = gridOf(parts[0]!);
  for (const part of parts) {
    const own = gridOf(part);
    if (sameGrid(grid, own)) continue;
    throw dataError(
      `forecasts "${parts[0]!.variable.name}" of "${parts[0]!.path}" and "${part.variable.name}" of "${part.path}" lie on ` +
        `different grids, ${describeGrid(grid)} and ${describeGrid(own)}; name the variables of one grid with --variables`,
    );
  }
  return grid;
}

function isOf({ channel }: ForecastPart, wanted: Channel): boolean {
  return channel.variable === wanted.variable && channel.level === wanted.level;
}

/** Every channel once, in the order of files. */
function channelsOf(parts: readonly ForecastPart[]): Channel[] {
  const channels: Channel[] = [];
  for (const part of parts) {
    const known = channels.find((channel) => isOf(part, channel));
    if (known === undefined) channels.push(part.channel);
    else if (known.unit !== part.channel.unit) {
      throw dataError(
        `forecast "${part.path}": ${channelName(known)} is in "${part.channel.unit}", in another file in "${known.unit}"; ` +
          `pass --forecast-unit ${channelName(known)}=${known.unit} if they mean the same`,
      );
    }
  }
  return channels;
}

/** Where each forecast of a channel lies; files that do not say which member they are get a number by their order. */
function locate(parts: readonly ForecastPart[]): Locations {
  const locations: Locations = new Map();
  for (const part of parts) {
    for (const { start, leadHours, indices } of part.table.times) {
      const leads = locations.get(start) ?? new Map<number, Located[]>();
      locations.set(start, leads);
      const found = leads.get(leadHours) ?? [];
      leads.set(leadHours, found);
      const labels = part.labels ?? [found.length];
      const before = found.find((other) => other.labels.some((label) => labels.includes(label)));
      if (before !== undefined) {
        throw dataError(
          `forecasts "${before.part.path}" and "${part.path}" both hold ${channelName(part.channel)} from ${formatTime(start)} ` +
            `at ${leadHours} h of member ${before.labels.find((label) => labels.includes(label))}; leave one out, or ` +
            'number their members in a coordinate',
        );
      }
      found.push({ part, indices, labels });
    }
  }
  return locations;
}

/** Starts and leads such that every start has every lead in every channel, and a word on what that leaves out. */
function commonTimes(locations: readonly Locations[]): {
  starts: number[];
  leadsHours: number[];
  note: string | null;
} {
  const rising = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);
  const allStarts = rising(locations.flatMap((one) => [...one.keys()]));
  const allLeads = rising(
    locations.flatMap((one) => [...one.values()].flatMap((leads) => [...leads.keys()])),
  );
  const has = (start: number, lead: number): boolean =>
    locations.every((one) => one.get(start)?.has(lead) === true);
  const leadsOfAll = allLeads.filter((lead) => allStarts.every((start) => has(start, lead)));
  const startsWithAll = allStarts.filter((start) => allLeads.every((lead) => has(start, lead)));
  const keepStarts = leadsOfAll.length * allStarts.length >= startsWithAll.length * allLeads.length;
  const starts = keepStarts ? allStarts : startsWithAll;
  const leadsHours = keepStarts ? leadsOfAll : allLeads;
  if (starts.length === 0 || leadsHours.length === 0) {
    throw dataError(
      `forecasts of ${allStarts.length} starts and ${allLeads.length} leads have no lead in common to all starts and ` +
        'variables; give files that do, or name the variables with --variables',
    );
  }
  const dropped = keepStarts
    ? allLeads.filter((lead) => !leadsHours.includes(lead)).map((lead) => `${lead} h`)
    : allStarts.filter((start) => !starts.includes(start)).map(formatTime);
  const note =
    dropped.length === 0
      ? null
      : keepStarts
        ? `leads that not every start and variable has are left out: ${shortList(dropped)}`
        : `starts that have not every lead and variable are left out: ${shortList(dropped)}`;
  return { starts, leadsHours, note };
}

/** Every member that any forecast has: by number, or by name in the order of files. */
function allLabels(
  locations: readonly Locations[],
  starts: readonly number[],
  leadsHours: readonly number[],
): MemberLabel[] {
  const labels = new Set<MemberLabel>();
  for (const one of locations)
    for (const start of starts)
      for (const lead of leadsHours)
        for (const located of one.get(start)?.get(lead) ?? [])
          for (const label of located.labels) labels.add(label);
  const all = [...labels];
  return all.every((label) => typeof label === 'number') ? all.sort((a, b) => Number(a) - Number(b)) : all;
}

/** One sentence on members that some forecasts lack. */
function incomplete(
  channels: readonly Channel[],
  locations: readonly Locations[],
  starts: readonly number[],
  leadsHours: readonly number[],
  memberLabels: readonly MemberLabel[],
): string[] {
  let count = 0;
  let example = '';
  for (const [c, one] of locations.entries()) {
    for (const start of starts) {
      for (const lead of leadsHours) {
        const held = new Set(
          one
            .get(start)
            ?.get(lead)
            ?.flatMap(({ labels }) => labels),
        );
        const missing = memberLabels.filter((label) => !held.has(label));
        if (missing.length === 0) continue;
        count++;
        if (example === '') {
          example = `${channelName(channels[c]!)} from ${formatTime(start)} at ${lead} h lacks member ${shortList(missing)}`;
        }
      }
    }
  }
  return count === 0
    ? []
    : [
        `${count} fields lack some of the ${memberLabels.length} members, which are missing values there: ${example}`,
      ];
}
