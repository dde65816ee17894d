/**
 * The run that questions are asked of: smooth fields with a few waves around each parallel, whose amplitudes every member,
 * lead and channel draws for itself. Files are cut as a forecast cuts them.
 */
import path from 'node:path';
import { makeGrid } from '../core/grid.js';
import { normals } from '../core/random/stream.js';
import { type Schema, schemaToJson } from '../core/schema.js';
import { createMemberFile, memberFileName, memberFileRows } from '../core/store/memberFile.js';
import { openOrCreateRun } from '../core/store/runWriter.js';
import { blockSize, blockStreams } from '../ensembles/design.js';

export interface QueryRun {
  readonly directory: string;
  readonly schema: Schema;
  readonly start: number;
  readonly leadsHours: readonly number[];
  readonly members: number;
  readonly files: readonly string[];
  readonly bytes: number;
}

const start = Date.UTC(2007, 0, 1);
const waves = 3;
const channels = [
  ['msl', null, 'Pa', 101_325, 900],
  ['t', 850, 'K', 280, 5],
  ['u', 850, 'm s-1', 5, 6],
  ['v', 850, 'm s-1', 0, 6],
  ['z', 500, 'm2 s-2', 55_000, 1500],
  ['t', 500, 'K', 255, 4],
  ['u', 500, 'm s-1', 12, 9],
  ['v', 500, 'm s-1', 0, 9],
] as const;

/** @param step degrees of the grid @param leads every six hours */
export async function writeQueryRun(
  directory: string,
  {
    step,
    leads,
    weightSamples,
    noiseStreams,
  }: Record<'step' | 'leads' | 'weightSamples' | 'noiseStreams', number>,
): Promise<QueryRun> {
  const grid = makeGrid(
    Array.from({ length: 180 / step + 1 }, (_, i) => 90 - step * i),
    Array.from({ length: 360 / step }, (_, j) => step * j),
  );
  const schema: Schema = {
    grid,
    channels: channels.map(([variable, level, unit]) => ({ variable, level, unit })),
  };
  const leadsHours = Array.from({ length: leads }, (_, i) => 6 * (i + 1));
  const writer = await openOrCreateRun(directory, {
    plume: 'bench',
    seed: 1,
    weightSamples,
    noiseStreams,
    starts: [start],
    leadsHours,
    stepHours: 6,
    schema: schemaToJson(schema),
    model: 'waves',
    perturbation: null,
    device: 'cpu',
    settings: null,
    config: null,
  });
  const points = grid.latitudes.length * grid.longitudes.length;
  const size = channels.length * points;
  const fill = wavesOn(grid);
  const files: string[] = [];
  let bytes = 0;
  for (const range of writer.missing(
    start,
    { weightSamples, noiseStreams },
    blockSize(4 * size, noiseStreams),
  )) {
    const block = { schema, start, leadsHours, ...range, noiseStreams };
    const { first, count } = blockStreams(block, noiseStreams);
    const file = memberFileName(start, range.firstWeightSample, range.weightSamples, range.streams);
    const writing = await createMemberFile(path.join(directory, file), block);
    const members = range.weightSamples * count;
    const states = new Float32Array(members * size);
    for (const lead of leadsHours) {
      for (let m = 0; m < members; m++) {
        const weightSample = range.firstWeightSample + Math.floor(m / count);
        for (let c = 0; c < channels.length; c++) {
          const from = m * size + c * points;
          const key = { weightSample, noiseStream: first + (m % count), step: 100 * lead + c };
          fill(states.subarray(from, from + points), c, key);
        }
      }
      await writing.append(states);
    }
    const written = await writing.commit();
    await writer.record({ file, kind: 'members', start, rows: memberFileRows(block), ...range, ...written });
    files.push(path.join(directory, file));
    bytes += written.bytes;
  }
  await writer.close();
  return { directory, schema, start, leadsHours, members: weightSamples * noiseStreams, files, bytes };
}

/** Mean + amplitude · Σ cos φ (a cos kλ + b sin kλ), a and b themselves waves of latitude; float64 within. */
function wavesOn({ latitudes, longitudes }: Schema['grid']) {
  const radians = Math.PI / 180;
  const table = Array.from({ length: waves }, (_, k) => ({
    cos: Float64Array.from(longitudes, (longitude) => Math.cos((k + 1) * longitude * radians)),
    sin: Float64Array.from(longitudes, (longitude) => Math.sin((k + 1) * longitude * radians)),
  }));
  const draws = new Float64Array(4 * waves);
  const nlon = longitudes.length;
  return (
    out: Float32Array,
    channel: number,
    key: Record<'weightSample' | 'noiseStream' | 'step', number>,
  ): void => {
    const [, , , mean, amplitude] = channels[channel]!;
    normals({ seed: 1, purpose: 'training', ...key }, draws);
    const row = new Float64Array(nlon);
    for (const [i, latitude] of latitudes.entries()) {
      row.fill(mean);
      for (let k = 0; k < waves; k++) {
        const scale = amplitude * Math.cos(latitude * radians);
        const turn = (k + 2) * latitude * radians;
        const a = scale * (draws[4 * k]! * Math.cos(turn) + draws[4 * k + 1]! * Math.sin(turn));
        const b = scale * (draws[4 * k + 2]! * Math.cos(turn) + draws[4 * k + 3]! * Math.sin(turn));
        const { cos, sin } = table[k]!;
        for (let j = 0; j < nlon; j++) row[j]! += a * cos[j]! + b * sin[j]!;
      }
      out.set(row, i * nlon);
    }
  };
}
