/**
 * The Earth-specific transformer from the command line: trained in seconds on a synthetic globe with levels, with a field of
 * the place that is stored in it, forecast with, verified and reported; members are pure, and every posterior that acts on
 * it in a way of its own makes members that differ.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ZarrWriter } from '../../core/archive/zarrWriter.js';
import { openRun } from '../../core/store/run.js';
import { readModel } from '../../models/bayesian/modelDirectory.js';
import { writeNetcdf } from '../core/archiveFixture.js';
import { globeSchema, syntheticGlobe } from '../syntheticGlobe.js';
import { ask, askSuccess } from './ask.js';
import { contents } from './plume.js';
import { temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const archive = join(directory, 'globe.zarr');
const constants = join(directory, 'static.nc');
const network = join(directory, 'network.json');
/** The deterministic stage alone. */
const first = join(directory, 'first');
const { grid } = globeSchema;

/** The globe's archive ends on 2001-03-06; its first of March is a start. */
const periods = ['--train', '2001-01-01/2001-02-10', '--validate', '2001-02-11/2001-02-24'];

function train(out: string, ...flags: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const common = ['--archive', archive, '--preset', 'brief', '--backend', 'ort-cpu', ...periods];
  return askSuccess(['train', ...common, '--out', out, ...flags]);
}

function forecast(model: string, out: string, flags: Readonly<Record<string, string>> = {}) {
  const all = {
    archive,
    model,
    out,
    starts: '2001-03-01',
    lead: 'P2D',
    members: '2x2',
    device: 'cpu',
    ...flags,
  };
  return askSuccess(['forecast', ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])]);
}

/** What the first stage left, as another training goes on with it: without its checkpoint, which is another posterior's. */
function goOn(name: string): string {
  const out = join(directory, name);
  cpSync(first, out, { recursive: true });
  for (const file of readdirSync(out)) if (file.startsWith('checkpoint')) rmSync(join(out, file));
  return out;
}

let output = '';
beforeAll(async () => {
  const globe = syntheticGlobe({ daysBefore: 60, leadDays: 4 });
  const writer = await ZarrWriter.open(archive, {
    schema: globeSchema,
    epoch: Date.UTC(2001, 0, 1) - 86_400_000,
    attributes: { title: 'a globe' },
    variables: {},
  });
  for (const [i, time] of globe.archive.times.entries()) {
    await writer.append(time, (await globe.archive.read(i)).values);
  }
  await writer.commit();
  await writeNetcdf(constants, {
    variable: 'orog',
    times: [0],
    latitudes: [...grid.latitudes],
    longitudes: [...grid.longitudes],
    attributes: { units: 'm', standard_name: 'surface_altitude' },
    value: (_, row, column) => (row > 8 && row < 14 && column > 10 && column < 16 ? 3000 : 0),
  });
  // forty days tell no season
  writeFileSync(
    network,
    JSON.stringify({ kind: 'earth-transformer', patch: [2, 4, 4], norm: 'pre', harmonics: 0 }),
  );
  const flags = ['--network', network, '--history', '2', '--constants', constants];
  ({ stderr: output } = await train(first, '--stage', 'deterministic', ...flags));
}, 240_000);

describe('a transformer from the command line', () => {
  it('says which network it makes, why, and what it knows of the place', async () => {
    expect(output).toMatch(/network +earth-transformer, as .*network\.json says/);
    expect(output).toMatch(/constant +orography: orog of .*static\.nc/);
    expect(output).toMatch(/constant +land-mask: zeros/);
    const { network: config, description, constants: stored } = await readModel(first);
    expect(config).toMatchObject({ patch: [2, 4, 4], norm: 'pre', historyLength: 2, channels: 16 });
    expect(description.training.record).toMatchObject({ constants: { 'soil-type': 'zeros' } });
    const height = stored.orography ?? new Float32Array(0);
    // the mountains, in deviations above the mean
    expect([...height].filter((value) => value > 3)).toHaveLength(25);
    expect(stored['land-mask']?.every((value) => value === 0)).toBe(true);
  });

  it('goes on with the stages that are left, whatever file it was begun with; members are pure; scored and reported', async () => {
    const model = goOn('mean-field');
    await train(model, '--constants', constants);
    const before = await readModel(first);
    const { network: config, constants: stored } = await readModel(model);
    expect(config).toEqual(before.network);
    expect(stored).toEqual(before.constants);
    const run = join(directory, 'run');
    await forecast(model, run, { workers: '1', batch: '1' });
    const again = join(directory, 'again');
    await forecast(model, again, { workers: '2', batch: '4' });
    expect(contents(join(again, 'members'))).toEqual(contents(join(run, 'members')));
    const sparse = ['--seasonless', '--diagrams', 'headline', '--thresholds', 'none'];
    await askSuccess(['verify', run, '--archive', archive, ...sparse]);
    await askSuccess(['report', run]);
    const page = readFileSync(join(run, 'report.html'), 'utf8');
    expect(page).toContain('z500');
  }, 240_000);

  it.each(['last-layer-laplace', 'dropout'])(
    'has members that differ by the weights of its %s posterior',
    async (posterior) => {
      const model = goOn(posterior);
      await train(model, '--stage', 'epistemic', '--posterior', posterior);
      const { description, components } = await readModel(model);
      expect(description.posterior.kind).toBe(posterior);
      if (posterior === 'last-layer-laplace') {
        // one block for the tokens above the surface, one for those at it
        expect(components[0]?.get('basis.recovery.weight')?.shape[0]).toBe(2);
      }
      const out = join(directory, `run-${posterior}`);
      await forecast(model, out, { members: '2x1', lead: 'P1D', uncertainty: 'epistemic' });
      const run = await openRun(out);
      const start = run.starts[0] ?? 0;
      for (const channel of ['z500', 'msl']) {
        const index = run.schema.channels.findIndex(
          ({ variable, level }) => `${variable}${level ?? ''}` === channel,
        );
        const { values } = await run.readMembers(start, 24, index);
        const points = values.length / 2;
        const apart = values.slice(0, points).filter((value, i) => value !== values[points + i]);
        // upper and surface tokens alike
        expect(apart.length, channel).toBeGreaterThan(points / 2);
      }
      await run.close();
    },
    60_000,
  );

  it('refuses a later stage with another network, and a network that cannot be, before anything is written', async () => {
    const other = await ask([
      ...['train', '--archive', archive, '--preset', 'brief', ...periods, '--stage', 'epistemic'],
      ...['--network', 'regional', '--out', goOn('other')],
    ]);
    expect(other.code).toBe(64);
    expect(other.stderr).toContain('a network is chosen in the deterministic stage');
    writeFileSync(
      join(directory, 'bad.json'),
      JSON.stringify({ kind: 'earth-transformer', heads: [3, 3, 3, 3] }),
    );
    const bad = await ask([
      ...['train', '--archive', archive, '--preset', 'brief', ...periods],
      ...['--network', join(directory, 'bad.json'), '--out', join(directory, 'none')],
    ]);
    expect(bad.code).toBe(64);
    expect(bad.stderr).toContain('choose other heads or channels');
    expect(contents(join(directory, 'none'))).toEqual({});
  });

  it('refuses a network that memory cannot hold, and says what would be smaller', async () => {
    const large = join(directory, 'large.json');
    // a few million weights, and tokens of sixteen thousand numbers at every point
    const sizes = { patch: [1, 1, 1], mlpRatio: 8192, channels: 2, heads: [1, 1, 1, 1], harmonics: 0 };
    writeFileSync(large, JSON.stringify({ kind: 'earth-transformer', ...sizes }));
    const { code, stderr } = await ask([
      ...['train', '--archive', archive, '--preset', 'brief', ...periods],
      ...['--network', large, '--out', join(directory, 'none')],
    ]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/training needs about .* GB of memory.*larger patches \("patch": \[1, 2, 2\]/);
    expect(contents(join(directory, 'none'))).toEqual({});
  });
});
