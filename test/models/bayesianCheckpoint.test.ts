/** Checkpoints of a training: the last one counts, the one before stands in for it, and neither is another training's. */
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { previousPath, removeCheckpoint } from '../../models/bayesian/training/checkpoint.js';
import { refusal, type TrainingFixture, trainingFixture } from './trainingFixture.js';

let fixture: TrainingFixture;
beforeAll(async () => {
  fixture = await trainingFixture();
});
afterAll(() => fixture.remove());

/** A training stopped after six steps with a checkpoint after every step: the last two are there. */
async function stopped(name: string): Promise<{ path: string; previous: string }> {
  const path = join(fixture.root, `${name}.arrow`);
  await refusal(fixture.train({ checkpointPath: path, checkpointSeconds: 0 }, 6), 'interrupted');
  return { path, previous: previousPath(path) };
}

async function damages(path: string): Promise<[string, Buffer][]> {
  const whole = await readFile(path);
  const flipped = Buffer.from(whole);
  flipped[whole.length >> 1]! ^= 4;
  return [
    ['cut short', whole.subarray(0, whole.length >> 1)],
    ['of another kind', Buffer.from('not a checkpoint')],
    ['empty', Buffer.alloc(0)],
    ['with a flipped bit', flipped],
  ];
}

it('is named beside the one before it', () => {
  expect(previousPath('out/checkpoint-0.arrow')).toBe('out/checkpoint-0.previous.arrow');
});

it('that is damaged gives way to the one before, and that is said; the end is the same', async () => {
  const whole = await fixture.train();
  const { path, previous } = await stopped('damaged');
  const [last, before] = [await readFile(path), await readFile(previous)];
  expect(last).not.toEqual(before);
  for (const [what, bytes] of await damages(path)) {
    await writeFile(path, bytes);
    await writeFile(previous, before);
    const resumed = await fixture.train({ checkpointPath: path });
    expect(resumed.notes.join(), what).toContain(path);
    expect(resumed.notes.join(), what).toMatch(/going on from the one before, stage \d step \d/);
    // the one before is one step behind, so one step is made again
    expect(resumed.fits, what).toEqual(whole.fits.slice(5));
    expect(resumed.result, what).toEqual(whole.result);
  }
});

it('that is damaged, with the one before damaged too, is refused as data by name, and nothing is written', async () => {
  const { path, previous } = await stopped('both');
  for (const [what, bytes] of await damages(path)) {
    await writeFile(path, bytes);
    await writeFile(previous, bytes);
    const message = await refusal(fixture.train({ checkpointPath: path }), 'data');
    expect(message, what).toContain(path);
    expect(message, what).toContain(previous);
    expect(message, what).toContain('no intact checkpoint is left');
    expect(await readFile(path), what).toEqual(bytes);
    expect(await readFile(previous), what).toEqual(bytes);
  }
});

it('that is missing is replaced by the one before', async () => {
  const whole = await fixture.train();
  const { path } = await stopped('missing');
  await rm(path);
  expect((await fixture.train({ checkpointPath: path })).result).toEqual(whole.result);
});

it('of another training is refused and left alone', async () => {
  const checkpointPath = join(fixture.root, 'other.arrow');
  await refusal(fixture.train({ checkpointPath, identity: 'another' }, 2), 'interrupted');
  const before = await readFile(checkpointPath);
  expect(await refusal(fixture.train({ checkpointPath }), 'usage')).toContain(
    `"${checkpointPath}" belongs to a training with other data or settings; remove it to train anew`,
  );
  expect(await readFile(checkpointPath)).toEqual(before);
});

it('is removed with the one before it, and leaves no temporary', async () => {
  const { path, previous } = await stopped('removed');
  await copyFile(path, previous);
  await removeCheckpoint(path);
  expect((await readdir(fixture.root)).filter((name) => name.startsWith('removed'))).toEqual([]);
});
