/** Perturbations as they are asked for: texts and files, presets and what is said over them, and every refusal. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorTag } from '../../core/errors.js';
import { makeGrid } from '../../core/grid.js';
import type { Schema } from '../../core/schema.js';
import { createInitialPerturbations, createStepPerturbations } from '../../perturbations/create.js';
import { writeErrorTable } from '../../perturbations/errorTable.js';
import { flagOf, isInitial, isStep, perturbationKinds, schemes } from '../../perturbations/parameters.js';
import { parsePerturbations } from '../../perturbations/parse.js';
import { findPreset, presets } from '../../perturbations/presets.js';
import { formatPerturbation, type PerturbedModel, resolvePerturbation } from '../../perturbations/resolve.js';
import type { BredVectorSource, PerturbationSource } from '../../perturbations/source.js';

const schema: Schema = {
  grid: makeGrid(
    Array.from({ length: 33 }, (_, i) => 90 - 5.625 * i),
    Array.from({ length: 64 }, (_, j) => 5.625 * j),
  ),
  channels: [
    { variable: 'z', level: 500, unit: 'm2 s-2' },
    { variable: 'u', level: 500, unit: 'm s-1' },
    { variable: 'v', level: 500, unit: 'm s-1' },
  ],
};
const model: PerturbedModel = {
  name: 'model "m"',
  schema,
  stepHours: 6,
  noise: [{ lengthKm: 900, timeHours: 24, share: 1 }],
};

let directory = '';
let table = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plume-parse-'));
  table = join(directory, 'errors');
  await writeErrorTable(table, {
    ...{ plume: '0', model: { kind: 'nature' }, archive: ['a'], lead_hours: 48, analysis_error: 0 },
    starts: ['2001-01-01T00:00:00.000Z'],
    channels: {
      z500: { rms: 300, unit: 'm2 s-2' },
      u500: { rms: 4, unit: 'm s-1' },
      v500: { rms: 5, unit: 'm s-1' },
    },
  });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function resolvedFor(
  perturbed: PerturbedModel,
  ...specifications: readonly string[]
): Promise<{ sources: PerturbationSource[]; notes: string[] }> {
  const sources: PerturbationSource[] = [];
  const notes: string[] = [];
  for (const request of await parsePerturbations(specifications)) {
    const found = await resolvePerturbation(request, perturbed);
    sources.push(found.source);
    notes.push(...found.notes);
  }
  return { sources, notes };
}

async function resolved(...specifications: readonly string[]): Promise<PerturbationSource[]> {
  return (await resolvedFor(model, ...specifications)).sources;
}

/** The model on points so many degrees apart. */
function spaced(degrees: number): PerturbedModel {
  const grid = makeGrid(
    Array.from({ length: 180 / degrees + 1 }, (_, i) => 90 - degrees * i),
    Array.from({ length: 360 / degrees }, (_, j) => degrees * j),
  );
  return { ...model, schema: { ...schema, grid } };
}

/** How many of the start and of the steps are made. */
function createAll(sources: readonly PerturbationSource[]): [number, number] {
  const context = {
    ...{ schema, stepHours: 6, pressures: [500, 500, 500], spread: [1000, 10, 10], rotate: false },
    pool: { dates: 2, states: [new Float32Array(2 * 3 * 33 * 64)] },
  };
  return [
    createInitialPerturbations(sources.filter(isInitial), context).length,
    createStepPerturbations(sources.filter(isStep), context).length,
  ];
}

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, `${name}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('a perturbation', () => {
  it('has the published numbers where nothing else is said', async () => {
    expect(await resolvedFor(spaced(1.5), 'sppt-ifs')).toEqual({
      sources: [
        {
          kind: 'sppt',
          scales: [
            { sigma: 0.52, lengthKm: 500, timeHours: 6 },
            { sigma: 0.18, lengthKm: 1000, timeHours: 72 },
            { sigma: 0.06, lengthKm: 2000, timeHours: 720 },
          ],
          ...{ clip: 1.8, stratosphere: [100, 50], boundaryLayer: [0.87, 0.97], surface: 0 },
          antithetic: false,
        },
      ],
      notes: [],
    });
    // scaling whole increments by as much breaks models: the default is a preset of ours
    expect(await resolved('sppt-increments')).toEqual(await resolved('sppt'));
  });

  it('has what is said over its preset, in any order, with lists, switches and ranges', async () => {
    const [sppt] = await resolved(
      'sppt-gfs: sigma=0.4/0.2, time-hours=6/48, length-km=700/1000, stratosphere=off, antithetic=on, clip=2e0',
    );
    expect(sppt).toEqual({
      kind: 'sppt',
      scales: [
        { sigma: 0.4, lengthKm: 700, timeHours: 6 },
        { sigma: 0.2, lengthKm: 1000, timeHours: 48 },
      ],
      ...{ clip: 2, stratosphere: null, boundaryLayer: null, surface: 0, antithetic: true },
    });
  });

  it('finds from the model what its preset leaves to it', async () => {
    const [noise] = await resolved('noise:factor=2');
    expect(noise).toMatchObject({ scales: model.noise, factor: 2 });
    const [own] = await resolved('noise:length-km=800,time-hours=12');
    expect(own).toMatchObject({ scales: [{ lengthKm: 800, timeHours: 12 }] });
    const [skeb] = await resolved('skeb');
    expect(skeb).toMatchObject({ fromDegree: 1, toDegree: 31 });
    const [bred] = await resolved(`bred:errors=${table}`);
    expect(bred).toMatchObject({
      cycleHours: 6,
      seedChannel: 'z500',
      errors: { z500: 300, u500: 4, v500: 5 },
    });
    const [request] = await parsePerturbations([`bred:errors=${table}`]);
    const cycle = async (stepHours: number) =>
      ((await resolvePerturbation(request!, { ...model, stepHours })).source as BredVectorSource).cycleHours;
    expect(await Promise.all([1, 3, 4, 6, 24].map(cycle))).toEqual([6, 6, 8, 6, 24]);
  });

  it('of a preset is drawn at the shortest lengths that the grid holds, and says so', async () => {
    const names = ['sppt-gfs', 'balanced', `bred:errors=${table}`];
    const { sources, notes } = await resolvedFor(model, ...names);
    // 5.625° of the equator are 625.4 km
    const lengths = (...kilometres: number[]): object[] => kilometres.map((lengthKm) => ({ lengthKm }));
    expect(sources).toMatchObject([
      { scales: lengths(626, 1000, 2000, 2000, 2000) },
      { lengthKm: 626 },
      { seedLengthKm: 626 },
    ]);
    expect(notes).toEqual([
      expect.stringMatching(
        /^sppt: length-km=250\/1000\/2000\/2000\/2000 of preset sppt-gfs goes below the 626 km .*33 × 64.*: length-km=626\/1000\/2000\/2000\/2000 is used; give length-km/,
      ),
      expect.stringMatching(/^balanced: length-km=500 of preset balanced .*: length-km=626 is used/),
      expect.stringMatching(
        /^bred: seed-length-km=500 of preset bred-hens .*: seed-length-km=626 is used; give seed/,
      ),
    ]);
    const finer = await resolvedFor(spaced(4.5), ...names);
    expect(finer.notes.map((note) => note.slice(0, note.indexOf(':')))).toEqual(['sppt', 'balanced', 'bred']);
    expect((await resolvedFor(spaced(3), ...names)).notes).toHaveLength(1);
    expect((await resolvedFor(spaced(1.5), ...names)).sources).toMatchObject([
      { scales: lengths(250, 1000, 2000, 2000, 2000) },
      { lengthKm: 500 },
      { seedLengthKm: 500 },
    ]);
    // other parameters may be said, and where the model knows its own lengths nothing is to be fitted
    expect((await resolvedFor(model, 'sppt:sigma=0.3/0.1/0.1')).notes).toHaveLength(1);
    expect((await resolvedFor(model, 'noise', 'sppt-harmonie', 'white')).notes).toEqual([]);
  });

  it('has a length that was asked for as it is, and is refused where the grid cannot hold it', async () => {
    const list = await file('lengths', [
      { kind: 'sppt-wrf', lengthKm: [300] },
      { kind: 'balanced', lengthKm: 300 },
    ]);
    const asked = [['sppt-wrf:length-km=300'], ['balanced:length-km=300'], [list]];
    for (const specifications of asked) {
      const { sources, notes } = await resolvedFor(model, ...specifications);
      expect(notes).toEqual([]);
      expect(() => createAll(sources)).toThrow(
        /length scale of the noise is 300 km, .*; give 626 km or more/,
      );
    }
    // what was fitted is read back from a manifest without a word
    const { sources } = await resolvedFor(model, 'sppt', 'balanced');
    expect(await resolvedFor(model, await file('fitted', sources))).toEqual({ sources, notes: [] });
  });

  it('with a colon is no file, and a file has none', async () => {
    const json = await file('table', {});
    await writeFile(json, await readFile(table));
    expect(await resolved(`bred:errors=${json}`)).toMatchObject([
      { errors: { z500: 300, u500: 4, v500: 5 } },
    ]);
    await expect(resolved('lists:2/list.json')).rejects.toThrow(
      /none called "lists".*a file of perturbations is given by a path without ":"/,
    );
    await expect(resolved('spt')).rejects.not.toThrow(/path without/);
  });

  it('comes from a file of texts and objects in its place in the list', async () => {
    const path = await file('list', [
      'white:amplitude=0.1',
      { kind: 'sppt-wrf', clip: 1, lengthKm: [700] },
      { kind: 'lagged', lagsHours: [6, 12] },
    ]);
    const found = await resolved('red', path, 'skeb');
    expect(found.map(({ kind }) => kind)).toEqual(['red', 'white', 'sppt', 'lagged', 'skeb']);
    expect(found[2]).toMatchObject({ scales: [{ sigma: 0.5, lengthKm: 700, timeHours: 6 }], clip: 1 });
    expect(found[3]).toMatchObject({ lagsHours: [6, 12], amplitude: 1 });
  });

  it('that a manifest records is read back as it was, and so is what a report prints', async () => {
    const asked = [...perturbationKinds.filter((kind) => kind !== 'bred'), `bred:errors=${table},cycles=2`];
    const found = await resolved(...asked);
    const recorded = found.map((source, place) => ({ ...source, stream: { purpose: 'initial', place } }));
    expect(await resolved(await file('manifest', recorded))).toEqual(found);
    const printed = found.filter(({ kind }) => kind !== 'bred').map(formatPerturbation);
    expect(await resolved(...printed)).toEqual(found.filter(({ kind }) => kind !== 'bred'));
  });
});

describe('every preset', () => {
  it.each(presets.map((preset) => [preset.name, preset] as const))('%s can be made', async (name, preset) => {
    const { kind, values } = preset;
    const { parameters } = schemes[kind];
    for (const [key, value] of Object.entries(values)) {
      const parameter = parameters.find((one) => one.name === key);
      expect(parameter?.type.has(value), `${name}: ${key}`).toBe(true);
    }
    const { sources } = await resolvedFor(model, kind === 'bred' ? `${name}:errors=${table}` : name);
    expect(createAll(sources)).toEqual(schemes[kind].at === 'start' ? [1, 0] : [0, 1]);
  });

  it('of a kind has the parameters of the first, which is the default', () => {
    for (const kind of perturbationKinds) {
      const first = findPreset(kind);
      expect(first?.kind).toBe(kind);
      for (const preset of presets.filter((one) => one.kind === kind)) {
        expect(Object.keys(preset.values).sort()).toEqual(Object.keys(first!.values).sort());
      }
    }
    expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
  });

  it('writes its parameters in kebab case', () => {
    expect(flagOf('periodsLongitude')).toBe('periods-longitude');
  });
});

describe('refused is', () => {
  const cases: readonly (readonly [string, ErrorTag, string, RegExp])[] = [
    [
      'a name that is not known',
      'usage',
      'spt',
      /"spt": there is none called "spt"; there are white, .*sppt-gfs/,
    ],
    [
      'a parameter that it has not',
      'usage',
      'white:sigma=1',
      /"sigma=1" is no parameter of white; it has amplitude=…, antithetic=…/,
    ],
    ['a parameter without a value', 'usage', 'white:amplitude', /"amplitude" is no parameter of white/],
    ['a word for a number', 'usage', 'sppt:clip=much', /clip is "much"; expected a number/],
    ['nothing for a number', 'usage', 'sppt:clip=', /clip is ""; expected a number/],
    ['part of a number', 'usage', 'perlin:octaves=2.5', /octaves is "2.5"; expected a whole number/],
    ['a switch that is neither', 'usage', 'white:antithetic=yes', /antithetic is "yes"; expected on or off/],
    [
      'a list with a hole',
      'usage',
      'sppt:sigma=0.5//0.1',
      /sigma is "0.5\/\/0.1"; expected one number or several/,
    ],
    [
      'a range of one',
      'usage',
      'sppt:stratosphere=100',
      /stratosphere is "100"; expected two numbers .* or off/,
    ],
    ['another choice', 'usage', 'balanced:balance=good', /balance is "good"; expected linear or geostrophic/],
    ['a parameter twice', 'usage', 'white:amplitude=1,amplitude=2', /amplitude comes twice/],
    [
      'one list of scales alone',
      'usage',
      'sppt:sigma=0.5',
      /sigma has 1, length-km has 3, time-hours has 3; a scale has one value of each/,
    ],
    ['scales without times', 'usage', 'noise:length-km=800', /length-km has 1, but time-hours is not given/],
    [
      'bred vectors without errors',
      'usage',
      'bred',
      /plume errors --out errors.json.*bred:errors=errors.json/,
    ],
    ['a table that is not there', 'data', 'bred:errors=nowhere', /nowhere.*no such file/],
    ['a file that is not there', 'data', 'nowhere.json', /perturbations "nowhere.json".*no such file/],
  ];
  it.each(cases)('%s', async (_, tag, specification, message) => {
    const work = resolved(specification);
    await expect(work).rejects.toThrow(message);
    await expect(work).rejects.toMatchObject({ tag });
  });

  it('a second perturbation of the steps of one kind, but not of the start', async () => {
    await expect(resolved('sppt', 'white', 'sppt-gfs')).rejects.toThrow(
      /sppt comes twice \(sppt and sppt-gfs\).* in one/,
    );
    expect(await resolved('white', 'white')).toHaveLength(2);
  });

  it('noise of a model that has learned none', async () => {
    const [request] = await parsePerturbations(['noise']);
    await expect(resolvePerturbation(request!, { ...model, noise: null })).rejects.toThrow(
      /model "m" has no amplitude .*--uncertainty hybrid or aleatoric/,
    );
  });

  const amiss: readonly (readonly [string, unknown, RegExp])[] = [
    ['text', '[', /are not JSON/],
    ['object', {}, /must be a list/],
    ['entry', [3], /\[0\]" is 3; expected a text or an object/],
    ['kindless', [{ amplitude: 1 }], /there is none called ""/],
    [
      'unknown',
      [{ kind: 'white', sigma: 1 }],
      /"sigma" is no parameter of white; it has amplitude, antithetic/,
    ],
    ['type', [{ kind: 'white', amplitude: '1' }], /amplitude is "1"; expected a number/],
    ['scales', [{ kind: 'sppt', scales: 3 }], /scales is 3; expected a list of objects/],
    ['holes', [{ kind: 'sppt', scales: [{ sigma: 1 }, {}] }], /sigma is \[1,null\]; expected one number/],
  ];
  it.each(amiss)('a file with %s amiss', async (name, content, message) => {
    await expect(resolved(await file(name, content))).rejects.toThrow(message);
  });
});
