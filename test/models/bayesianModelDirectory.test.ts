/** A trained model on disk: what is written is what is read, and what is damaged is refused by name. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPlumeError } from '../../core/errors.js';
import { sha256 } from '../../core/store/atomic.js';
import { readModel, writeModel } from '../../models/bayesian/modelDirectory.js';
import { plainRegional } from '../../models/bayesian/networks/regionalShapes.js';
import { directConfig, tinyParts } from './bayesianFixture.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'plume-model-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const parts = tinyParts({ channels: 2, rows: 3, columns: 4 });
let next = 0;

async function written(): Promise<string> {
  const directory = join(root, String(next++));
  await writeModel(directory, parts);
  return directory;
}

async function refusal(directory: string): Promise<string> {
  const error: unknown = await readModel(directory).catch((reason: unknown) => reason);
  expect(isPlumeError(error) && error.tag).toBe('data');
  return String(error);
}

describe('a model directory', () => {
  it('gives back what was written, tensors in their order, widths of the posterior to three digits', async () => {
    const directory = await written();
    const model = await readModel(directory);
    const { settings, components, ...rest } = parts;
    expect(model).toMatchObject(rest);
    expect(model.components).toHaveLength(components.length);
    for (const [p, tensors] of components.entries()) {
      expect([...(model.components[p]?.keys() ?? [])]).toEqual([...tensors.keys()]);
      for (const [name, tensor] of tensors) {
        const found = model.components[p]?.get(name);
        if (name.startsWith('mean.')) expect(found).toEqual(tensor);
        expect(found?.shape).toEqual(tensor.shape);
        for (const [i, value] of tensor.values.entries())
          expect(Math.abs((found?.values[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
            2 ** -11 * Math.abs(value),
          );
      }
    }
    expect(model.description).toMatchObject(settings);
    expect(model.digest).toBe(sha256(await readFile(join(directory, 'model.json'))));
  });

  it('written before networks had kinds is read as regional', async () => {
    const directory = await written();
    const path = join(directory, 'model.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as { network: { kind?: string } };
    delete json.network.kind;
    await writeFile(path, JSON.stringify(json));
    expect((await readModel(directory)).network).toEqual(parts.network);
  });

  it('written when regional networks had one form is read as that form, weights and all', async () => {
    const directory = await written();
    const path = join(directory, 'model.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as { network: Record<string, unknown> };
    for (const name of Object.keys(plainRegional)) delete json.network[name];
    expect(Object.keys(json.network)).toHaveLength(9);
    await writeFile(path, JSON.stringify(json));
    const model = await readModel(directory);
    expect(model.network).toEqual(parts.network);
    expect(model.components[0]?.get('mean.local.in.weight')).toEqual(
      parts.components[0]?.get('mean.local.in.weight'),
    );
  });

  it('of a network without EOFs has no projection, and comes back as it was', async () => {
    const directory = join(root, String(next++));
    const without = tinyParts({ channels: 2, rows: 3, columns: 4, config: directConfig });
    await writeModel(directory, without);
    const model = await readModel(directory);
    expect(model.network).toEqual(directConfig);
    expect(model.constants).toEqual(without.constants);
    expect(Object.keys(model.constants)).toEqual(['climate']);
  });

  it('has the same bytes for the same model', async () => {
    const [first, second] = [await written(), await written()];
    for (const file of ['model.json', 'weights.arrow']) {
      expect(await readFile(join(first, file))).toEqual(await readFile(join(second, file)));
    }
  });

  it('is refused when one byte of its weights has flipped, with both checksums', async () => {
    const directory = await written();
    const path = join(directory, 'weights.arrow');
    const bytes = await readFile(path);
    const whole = sha256(bytes);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(path, bytes);
    const message = await refusal(directory);
    expect(message).toContain(`weights "${path}" are corrupted: their SHA-256 is ${sha256(bytes)}`);
    expect(message).toContain(whole);
  });

  it('is refused when its weights are cut short or gone', async () => {
    const short = await written();
    const path = join(short, 'weights.arrow');
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    expect(await refusal(short)).toContain('are corrupted');
    const gone = await written();
    await rm(join(gone, 'weights.arrow'));
    expect(await refusal(gone)).toMatch(/weights ".*weights\.arrow": no such file/);
  });

  it('without model.json says how to make one', async () => {
    expect(await refusal(join(root, 'nothing'))).toContain(
      'there is no model.json in it; train one with plume train',
    );
    const file = join(root, 'file');
    await writeFile(file, 'text');
    expect(await refusal(file)).toContain('there is no model.json in it');
  });

  it('is refused when model.json is no JSON, or says something else, naming what', async () => {
    const broken = await written();
    await writeFile(join(broken, 'model.json'), '{"format": "plume-mo');
    expect(await refusal(broken)).toContain('model.json" is not JSON');
    const changes: [RegExp, (json: Record<string, unknown>) => unknown][] = [
      [/format/, (json) => ({ ...json, format: 'other' })],
      [/version/, (json) => ({ ...json, version: 2 })],
      [/step_hours/, (json) => ({ ...json, step_hours: -6 })],
      [/colour/, (json) => ({ ...json, colour: 'green' })],
      [/network/, (json) => ({ ...json, network: undefined })],
    ];
    for (const [named, change] of changes) {
      const directory = await written();
      const path = join(directory, 'model.json');
      await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
      const message = await refusal(directory);
      expect(message).toContain('does not describe a model');
      expect(message).toMatch(named);
    }
  });

  it('is refused when its weights belong to another network, naming the tensor', async () => {
    const directory = await written();
    const path = join(directory, 'model.json');
    const json = JSON.parse(await readFile(path, 'utf8')) as { network: { hidden: number } };
    json.network.hidden += 1;
    await writeFile(path, JSON.stringify(json));
    expect(await refusal(directory)).toMatch(
      /tensor "0\.mean\.hidden\.in\.weight" has shape \[8,5\], the network of model\.json expects \[8,6\]/,
    );
  });

  it('cannot be written where a file is in the way', async () => {
    const file = join(root, 'in-the-way');
    await writeFile(file, 'text');
    const error: unknown = await writeModel(file, parts).catch((reason: unknown) => reason);
    expect(isPlumeError(error)).toBe(true);
    expect(isPlumeError(error) && error.tag).not.toBe('internal');
    expect(await readFile(file, 'utf8')).toBe('text');
  });
});
