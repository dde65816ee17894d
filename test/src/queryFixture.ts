/**
 * A run with a winter archive beside it for the tests of plume query and plume epsgram: 10-metre wind and pressure on a region,
 * three days in steps of 12 hours, 4 weight samples × 5 streams, of two starts; the second lacks a weight sample.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JSDOM } from 'jsdom';
import { expect } from 'vitest';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { gridSize, makeGrid } from '../../core/grid.js';
import { type Schema, schemaToJson } from '../../core/schema.js';
import { encodeMemberFile, memberFileName, memberFileRows } from '../../core/store/memberFile.js';
import { openOrCreateRun, writeChunk } from '../../core/store/runWriter.js';
import { millisecondsPerDay } from '../../core/time.js';
import type { CommandDefinition } from '../../src/command.js';
import { type OptionName, resolveOptions } from '../../src/options.js';
import { createReporter } from '../../src/progress.js';
import { seededNormals } from '../evaluation/memoryArchive.js';

export const schema: Schema = {
  grid: makeGrid([60, 57.5, 55, 52.5, 50], [-5, -2.5, 0, 2.5, 5, 7.5]),
  channels: [
    { variable: 'u10', level: null, unit: 'm s-1' },
    { variable: 'v10', level: null, unit: 'm s-1' },
    { variable: 'msl', level: null, unit: 'Pa' },
  ],
};
export const points = gridSize(schema.grid);
export const leadsHours = [12, 24, 36, 48, 60, 72];
export const [K, J] = [4, 5];
export const starts = [Date.UTC(2013, 0, 10), Date.UTC(2013, 0, 17)];

/** Members with a pressure at 50°N 7.5°E, the last point of the grid. */
export const membersAtCorner = 8;

/** [lead][member][channel · point] of the first start. */
export type States = readonly (readonly Float32Array[])[];

export interface QueryFixture {
  readonly directory: string;
  readonly run: string;
  readonly archive: string;
  readonly states: States;
  at(name: string): string;
  /** Writes an archive of states twice a day. @returns its path */
  store(name: string, from: number, to: number): Promise<string>;
  remove(): Promise<void>;
}

export async function queryFixture(): Promise<QueryFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'plume-query-'));
  const at = (name: string): string => join(directory, name);
  const normal = seededNormals(23);
  const state = (own: number): Float32Array => {
    const shared = [0, 0, 0].map(normal);
    return Float32Array.from({ length: 3 * points }, (_, i) => {
      const channel = Math.floor(i / points);
      const value = own + 0.8 * shared[channel]! + 0.6 * normal();
      return channel === 2 ? 101_000 + 900 * value : 4 + 5 * value;
    });
  };
  // Members of a weight sample share something, so that both sources of the variance are there.
  const states = leadsHours.map(() =>
    Array.from({ length: K }, () => 0.5 * normal()).flatMap((own) =>
      Array.from({ length: J }, () => state(own)),
    ),
  );
  for (const members of states) {
    for (const member of members.slice(membersAtCorner)) member[3 * points - 1] = Number.NaN;
  }
  const writer = await openOrCreateRun(at('run'), {
    plume: '0.1.0',
    seed: 1,
    weightSamples: K,
    noiseStreams: J,
    starts,
    leadsHours,
    stepHours: 12,
    schema: schemaToJson(schema),
    model: { kind: 'test' },
    perturbation: { kind: 'none' },
    device: 'cpu',
    settings: { archive: ['winter.zarr'] },
    config: {},
  });
  for (const [start, first, samples] of [
    [starts[0]!, 0, K],
    [starts[1]!, 0, K - 1],
  ] as const) {
    const block = {
      schema,
      start,
      leadsHours,
      firstWeightSample: first,
      weightSamples: samples,
      noiseStreams: J,
    };
    const values = states.map((members) => {
      const all = new Float32Array(samples * J * 3 * points);
      members.slice(0, samples * J).forEach((member, m) => {
        all.set(member, m * 3 * points);
      });
      return all;
    });
    const file = memberFileName(start, first, samples);
    const written = await writeChunk(at('run'), file, encodeMemberFile(block, values));
    const range = { firstWeightSample: first, weightSamples: samples };
    await writer.record({ file, kind: 'members', start, rows: memberFileRows(block), ...range, ...written });
  }
  await writer.close();
  const store = async (name: string, from: number, to: number): Promise<string> => {
    const writing = await ZarrWriter.open(at(name), { schema, epoch: from, attributes: {}, variables: {} });
    for (let time = from; time < to; time += millisecondsPerDay / 2) await writing.append(time, state(0));
    await writing.commit();
    return at(name);
  };
  const archive = await store('winter.zarr', Date.UTC(2001, 0, 1), Date.UTC(2013, 1, 1));
  await writeFile(at('sites.csv'), siteList(30));
  return {
    directory,
    run: at('run'),
    archive,
    states,
    at,
    store,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Sites inside the grid, none on its points. */
export function siteList(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => `port ${i},${50.5 + 0.3 * i},${-4.5 + 0.37 * i}`);
  return `name,lat,lon\n${lines.join('\n')}\n`;
}

/** Runs a command in this process. @returns what --json prints */
export async function asked<Name extends OptionName, Result>(
  command: CommandDefinition<Name>,
  operands: readonly string[],
  flags: Readonly<Record<string, unknown>>,
): Promise<Result> {
  return (await command.run({
    options: await resolveOptions(command.options, flags, undefined),
    operands,
    report: createReporter({ quiet: true }),
    json: true,
    given: new Set(Object.keys(flags)),
    signal: new AbortController().signal,
  })) as Result;
}

/** Values of a channel at a grid point: [lead][member]. */
export function valuesAt(states: States, channel: number, point: number): number[][] {
  return states.map((members) => members.map((member) => member[channel * points + point]!));
}

/** A file that every reader of XML takes, with no colour left to a page's style sheet and no place that is no number. */
export async function drawing(file: string): Promise<Element> {
  const text = await readFile(file, 'utf8');
  expect(text).not.toMatch(/var\(--|NaN/);
  const { documentElement } = new JSDOM(text, { contentType: 'image/svg+xml' }).window.document;
  expect(documentElement.tagName).toBe('svg');
  return documentElement;
}
