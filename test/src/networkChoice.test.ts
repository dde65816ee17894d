/** Which network plume train makes: by itself, by kind, by a file; and how each is trained under another's preset. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NetworkConfig } from '../../models/bayesian/networks/createNetwork.js';
import { networkKinds } from '../../models/bayesian/networks/defaultNetwork.js';
import { type ChoiceOptions, chooseNetwork, type NetworkRequest } from '../../src/training/networkChoice.js';
import { presetNames } from '../../src/training/presetNames.js';
import { recipeFor, recipes } from '../../src/training/recipe.js';
import { layeredSchema } from '../models/earthFixture.js';
import { globeSchema } from '../syntheticGlobe.js';

const directory = mkdtempSync(join(tmpdir(), 'plume-network-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const region = layeredSchema({ rows: 8, columns: 12, region: true, surface: ['msl'] });
const options: ChoiceOptions = { preset: 'standard', schema: globeSchema, stepHours: 24 };

const choose = (asked: string, changes: Partial<ChoiceOptions> = {}, rest: Partial<NetworkRequest> = {}) =>
  chooseNetwork({ asked, ...rest }, { ...options, ...changes });

function file(content: unknown): string {
  const path = join(directory, 'network.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('auto', () => {
  it('takes the network of the preset where it suits the archive', async () => {
    expect(await choose('auto', { schema: region })).toEqual({
      config: recipes.standard.network,
      why: 'of the preset standard',
    });
    expect((await choose('auto', { preset: 'nature' })).config).toEqual(recipes.nature.network);
  });

  it('takes the transformer for levels on a globe, and says why', async () => {
    const { config, why } = await choose('auto');
    expect(config).toMatchObject({ kind: 'earth-transformer', channels: 48, harmonics: 2 });
    expect(why).toContain('several pressure levels on a whole globe');
    expect(why).toContain('standard has a regional one');
  });

  it('takes what the schema gets by itself where a globe is not symmetric, and says why', async () => {
    const { config, why } = await choose('auto', { preset: 'nature', schema: region });
    // a world without seasons
    expect(config).toMatchObject({ kind: 'regional', harmonics: 0 });
    expect(why).toContain('needs an even number of longitudes all round');
  });

  it('is small in presets for a first look', async () => {
    const [brief, standard] = await Promise.all([choose('auto', { preset: 'brief' }), choose('auto')]);
    expect(brief.config).toMatchObject({ kind: 'earth-transformer', channels: 16, depths: [1, 1, 1, 1] });
    expect(standard.config).toMatchObject({ depths: [2, 2, 2, 2] });
  });
});

it.each(networkKinds)(
  'a %s network is one that can be built for a globe under every preset',
  async (kind) => {
    for (const preset of presetNames) {
      const { config } = await choose(kind, { preset });
      expect(config.kind).toBe(kind);
    }
  },
);

describe('a file', () => {
  it('says what differs from the network that the archive would get', async () => {
    const { config, why } = await choose(
      file({ kind: 'earth-transformer', channels: 32, heads: [2, 4, 4, 2] }),
    );
    expect(config).toMatchObject({ channels: 32, heads: [2, 4, 4, 2], window: [2, 4, 4], harmonics: 2 });
    expect(why).toContain('network.json');
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown key', { kind: 'regional', chanels: 8 }, /kind regional: .*"chanels"/],
    ['a value of another type', { kind: 'regional', channels: 'many' }, /channels: .*expected number/],
    ['a value in a list', { kind: 'earth-transformer', patch: [2, 0, 2] }, /patch\.1: .*>0/],
    ['a known field that is none', { kind: 'earth-transformer', constants: ['albedo'] }, /constants\.0: /],
    ['no kind', { channels: 8 }, /kind: .*regional.*global.*earth-transformer/],
    ['a list', [], /expected object/],
    ['no JSON', '{"kind": ', /is not JSON/],
    ['heads that do not divide channels', { kind: 'earth-transformer', heads: [5, 5, 5, 5] }, /heads/],
  ])('with %s is refused, naming it', async (_, content, message) => {
    await expect(choose(file(content))).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringMatching(message),
    });
  });

  it('that is not there is told apart from the kinds', async () => {
    await expect(choose('transformer')).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringMatching(
        /"transformer" is no kind of network \(auto, regional, global, earth-transformer\)/,
      ),
    });
  });
});

describe('--history', () => {
  it.each<[string, number, Partial<NetworkConfig>]>([
    ['regional', 2, { history: 2 }],
    ['earth-transformer', 1, { historyLength: 1 }],
    ['earth-transformer', 2, { historyLength: 2 }],
  ])('gives the %s network %i states', async (kind, history, expected) => {
    expect((await choose(kind, {}, { history })).config).toMatchObject(expected);
  });

  it.each([
    ['regional', 1, '2 or 3 states'],
    ['global', 2, '1 state'],
    ['earth-transformer', 3, '1 or 2 states'],
  ])('refuses %s %i', async (kind, history, allowed) => {
    await expect(choose(kind, {}, { history })).rejects.toMatchObject({
      tag: 'usage',
      message: expect.stringContaining(`--history ${history}: a network of kind ${kind} sees ${allowed}`),
    });
  });
});

describe('the recipe of a network that is not the preset’s', () => {
  const recipeOf = async (preset: ChoiceOptions['preset'], kind: string) => {
    const { config } = await choose(kind, { preset });
    return recipeFor({ preset, network: config, posterior: 'mean-field' });
  };

  it('has the stages of its kind, and the data and analysis errors of the preset', async () => {
    const recipe = await recipeOf('nature', 'earth-transformer');
    const [deterministic, , aleatoric] = recipe.stages;
    expect(deterministic).toMatchObject({ learningRate: 5e-4, loss: 'l1', variableWeights: 'pangu-like' });
    expect(deterministic?.dropout).toBeGreaterThan(0);
    expect(Math.max(...(deterministic?.phases ?? []).map(({ rollout }) => rollout))).toBeGreaterThan(1);
    expect(recipe).toMatchObject({
      stepHours: 24,
      climate: { harmonics: 0, symmetry: 'zonal' },
      calibration: { initialError: 0.1 },
    });
    expect(aleatoric?.initialError).toBe(0.1);
    expect(recipe.channels).toHaveLength(16);
  });

  it('takes no channels, steps or errors from the preset that it borrows stages of', async () => {
    const recipe = await recipeOf('standard', 'global');
    expect(recipe.stages[0]).toEqual(recipes.nature.stages[0]);
    expect(recipe).toMatchObject({
      climate: { harmonics: 0, symmetry: 'zonal' },
      calibration: { initialError: 0 },
    });
    expect(recipe.channels).toBeUndefined();
    expect(recipe.stepHours).toBeUndefined();
  });

  it('is the preset itself where the kind is its own', () => {
    for (const preset of presetNames) {
      const { network } = recipes[preset];
      expect(recipeFor({ preset, network, posterior: 'mean-field' }).stages).toEqual(recipes[preset].stages);
    }
  });
});
