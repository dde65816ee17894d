/**
 * A made-up globe for the report's tests: 33 × 64 points, the sixteen channels, daily.
 * One stream pattern ψ of unit variance (correlated Gaussian field, 1100 km) makes every channel: heights, pressures and
 * temperatures follow it, winds its gradient, about zonal means of the size of the Earth's. Truth and members share a
 * signal that fades with lead, ψ = c S + √(1 − c²) own, c = exp(−(lead / 150 h)²): they are exchangeable, so the spread
 * is right by construction.
 */
import { gridSize, makeGrid } from '../core/grid.js';
import type { Archive } from '../core/interfaces.js';
import { type Channel, channelName, type Schema, schemaToJson } from '../core/schema.js';
import {
  encodeMemberFile,
  type MemberBlock,
  memberFileName,
  memberFileRows,
} from '../core/store/memberFile.js';
import { openOrCreateRun, writeChunk } from '../core/store/run.js';
import { millisecondsPerDay, millisecondsPerHour } from '../core/time.js';
import { createNoisePatterns } from '../perturbations/fields/noiseScales.js';
import { memoryArchive } from './evaluation/memoryArchive.js';

const levels = [250, 500, 850] as const;
const on = (variable: string, unit: string): Channel[] => levels.map((level) => ({ variable, level, unit }));
const at = (variable: string, unit: string): Channel => ({ variable, level: null, unit });

export const globeSchema: Schema = {
  grid: makeGrid(
    Array.from({ length: 33 }, (_, i) => 90 - 5.625 * i),
    Array.from({ length: 64 }, (_, j) => 5.625 * j),
  ),
  channels: [
    ...on('z', 'm2 s-2'),
    ...on('t', 'K'),
    ...on('u', 'm s-1'),
    ...on('v', 'm s-1'),
    ...[at('msl', 'Pa'), at('u10', 'm s-1'), at('v10', 'm s-1'), at('t2m', 'K')],
  ],
};

export interface GlobeOptions {
  readonly weightSamples?: number;
  readonly noiseStreams?: number;
  readonly leadDays?: number;
  /** Days of truth before the start. */
  readonly daysBefore?: number;
}

export interface Globe {
  readonly start: number;
  readonly leadsHours: readonly number[];
  /** Truth before and after the start, daily. */
  readonly archive: Archive;
  /** Writes a finished run of it. */
  writeRun(directory: string): Promise<void>;
}

export function syntheticGlobe(options: GlobeOptions = {}): Globe {
  const { weightSamples = 2, noiseStreams = 3, leadDays = 10, daysBefore = 60 } = options;
  const { grid, channels } = globeSchema;
  const points = gridSize(grid);
  const start = Date.UTC(2001, 2, 2);
  const leadsHours = Array.from({ length: leadDays }, (_, i) => 24 * (i + 1));
  const field = createNoisePatterns(grid, [{ lengthKm: 1100, timeHours: 72 }], { stepHours: 24 });
  const patterns = (weightSample: number, noiseStream: number, count: number): Float32Array[] => {
    const streams = field.streams([{ seed: 5, start: 0, weightSample, noiseStream }]);
    return Array.from({ length: count }, () => {
      const out = new Float32Array(points);
      streams.next(0, 1, out);
      return out;
    });
  };
  const signal = patterns(1000, 0, daysBefore + 1 + leadDays);
  const mixed = (lead: number, own: Float32Array): Float32Array => {
    const c = Math.exp(-((lead / 150) ** 2));
    const s = Math.sqrt(1 - c * c);
    const shared = signal[daysBefore + lead / 24]!;
    return own.map((value, i) => c * shared[i]! + s * value);
  };
  const truthOwn = patterns(1001, 0, leadDays);
  const days = [
    ...signal.slice(0, daysBefore + 1),
    ...leadsHours.map((lead, i) => mixed(lead, truthOwn[i]!)),
  ].map(statesOf);
  const size = points * channels.length;
  const values = new Float32Array(days.length * size);
  for (const [i, state] of days.entries()) values.set(state, i * size);
  const times = Float64Array.from(days, (_, i) => start + (i - daysBefore) * millisecondsPerDay);
  return {
    start,
    leadsHours,
    archive: memoryArchive(globeSchema, times, values),
    writeRun: async (directory) => {
      const writer = await openOrCreateRun(directory, {
        plume: '0.1.0',
        seed: 1,
        weightSamples,
        noiseStreams,
        starts: [start],
        leadsHours,
        stepHours: 24,
        schema: schemaToJson(globeSchema),
        model: { kind: 'bayesian', digest: '0123456789abcdef'.repeat(4), train: '2001-01-01/2001-02-19' },
        perturbation: { kind: 'none' },
        device: 'cpu',
        settings: { archive: ['synthetic'] },
        config: {},
      });
      const block: MemberBlock = {
        schema: globeSchema,
        start,
        leadsHours,
        firstWeightSample: 0,
        weightSamples,
        noiseStreams,
      };
      const members = Array.from({ length: weightSamples * noiseStreams }, (_, m) =>
        patterns(Math.floor(m / noiseStreams), m % noiseStreams, leadDays),
      );
      const states = leadsHours.map((lead, l) => {
        const all = new Float32Array(members.length * size);
        for (const [m, own] of members.entries()) all.set(statesOf(mixed(lead, own[l]!)), m * size);
        return all;
      });
      const file = memberFileName(start, 0, weightSamples);
      const written = await writeChunk(directory, file, encodeMemberFile(block, states));
      const rows = memberFileRows(block);
      await writer.record({
        file,
        kind: 'members',
        start,
        rows,
        firstWeightSample: 0,
        weightSamples,
        ...written,
      });
      await writer.close();
    },
  };
}

/** Last valid time of a globe's archive, milliseconds since 1970. */
export function globeEnd(globe: Globe): number {
  return globe.start + Math.max(...globe.leadsHours) * millisecondsPerHour;
}

/** Zonal means and sizes of a channel: value = mean(φ) + size · envelope(φ) · ψ. */
function law(channel: Channel, sine: number): { mean: number; size: number } {
  const s2 = sine * sine;
  switch (channelName(channel)) {
    case 'z250':
      return { mean: 9.80665 * (10_900 - 1300 * s2), size: 9.80665 * 190 };
    case 'z500':
      return { mean: 9.80665 * (5850 - 780 * s2), size: 9.80665 * 130 };
    case 'z850':
      return { mean: 9.80665 * (1540 - 250 * s2), size: 9.80665 * 70 };
    case 't250':
      return { mean: 230 - 8 * s2, size: 2 };
    case 't500':
      return { mean: 268 - 34 * s2, size: 4 };
    case 't850':
      return { mean: 293 - 42 * s2, size: 6 };
    case 'msl':
      return { mean: 101_300, size: 1300 };
    case 't2m':
      return { mean: 301 - 45 * s2, size: 6 };
    default:
      return { mean: 0, size: 0 };
  }
}

const jets: Readonly<Record<string, readonly [jet: number, eddy: number]>> = {
  u250: [34, 20],
  u500: [17, 12],
  u850: [6, 8],
  u10: [2, 7.5],
  v250: [0, 20],
  v500: [0, 12],
  v850: [0, 8],
  v10: [0, 7.5],
};

/** ψ [lat, lon] → state [channel, lat, lon] */
function statesOf(psi: Float32Array): Float32Array {
  const { grid, channels } = globeSchema;
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const out = new Float32Array(channels.length * psi.length);
  for (const [c, channel] of channels.entries()) {
    const jet = jets[channelName(channel)];
    for (let row = 0; row < nlat; row++) {
      const latitude = (grid.latitudes[row]! * Math.PI) / 180;
      const sine = Math.sin(latitude);
      const envelope = 0.15 + Math.sin(2 * latitude) ** 2;
      const { mean, size } = law(channel, sine);
      const hemisphere = Math.sign(sine);
      for (let column = 0; column < nlon; column++) {
        const value = (i: number, j: number): number =>
          psi[Math.max(0, Math.min(nlat - 1, i)) * nlon + ((j + nlon) % nlon)]!;
        const here = out.subarray(c * psi.length);
        const place = row * nlon + column;
        if (jet === undefined) {
          here[place] = mean + size * envelope * value(row, column);
          continue;
        }
        const gradient = channel.variable.startsWith('u')
          ? value(row + 1, column) - value(row - 1, column)
          : (value(row, column + 1) - value(row, column - 1)) / Math.max(0.25, Math.cos(latitude));
        here[place] = jet[0] * Math.sin(2 * latitude) ** 2 + jet[1] * envelope * hemisphere * gradient;
      }
    }
  }
  return out;
}
