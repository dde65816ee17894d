/** The nature run as --archive: its specification, its default channels, what it records of itself. */
import { describe, expect, it } from 'vitest';
import { channelName } from '../../core/schema.js';
import { openArchiveOption } from '../../src/archiveOption.js';
import { formatNatureArchive, parseNatureArchive } from '../../src/natureOption.js';

const open = (text: string | string[], channels?: string[], unit: string[] = []) =>
  openArchiveOption({ archive: [text].flat(), variables: undefined, unit }, channels);

describe('--archive nature', () => {
  it('is ninety days every six hours of seed 1 at T31 with eight levels, sixteen channels', async () => {
    const { archive, name, files } = await open('nature');
    const full = 'nature:seed=1,days=90,every=6h,truncation=31,levels=8,step=1800';
    expect(files).toEqual([full]);
    expect(name).toBe(`archive "${full}"`);
    expect(archive.times).toHaveLength(360);
    expect(archive.times[0]).toBe(Date.UTC(2001, 0, 1));
    expect(archive.times.at(-1)).toBe(Date.UTC(2001, 2, 31, 18));
    expect(archive.schema.channels).toHaveLength(16);
    expect(archive.schema.grid.latitudes).toHaveLength(33);
    await archive.close();
  });

  it('takes every part of a specification, and says it in full', async () => {
    const text = 'nature:seed=7, every=PT12H,days=10,truncation=10,levels=2';
    const specification = parseNatureArchive(text);
    expect(parseNatureArchive(formatNatureArchive(specification))).toEqual(specification);
    const { archive, files } = await open(text, ['vo_ml2', 'z500']);
    expect(files[0]).toMatch(/^nature:seed=7,days=10,every=12h,truncation=10,levels=2,step=\d+$/);
    expect(archive.times).toHaveLength(20);
    expect(archive.schema.channels.map(channelName)).toEqual(['vo_ml2', 'z500']);
    const { values } = await archive.read(3);
    const points = archive.schema.grid.latitudes.length * archive.schema.grid.longitudes.length;
    const mean = (c: number): number =>
      values.subarray(c * points, (c + 1) * points).reduce((sum, x) => sum + x, 0) / points;
    // 500 hPa lies at 5 to 6 km
    expect(mean(1) / 9.8).toBeGreaterThan(4500);
    expect(mean(1) / 9.8).toBeLessThan(6000);
    expect(Math.abs(mean(0))).toBeLessThan(1e-5);
    await archive.close();
  });

  it.each([
    [
      'nature:sed=2',
      /"sed=2" is not understood; the keys are.*seed=1.*days=90.*every=6h.*truncation=31.*levels=8/,
    ],
    ['nature:seed', /"seed" is not understood/],
    ['nature:seed=1,seed=2', /"seed=2" comes twice/],
    ['nature:days=0', /days is "0"; it must be a whole number, 1 or more/],
    ['nature:days=-4', /days is "-4"/],
    ['nature:every=7h', /give a multiple/],
    ['nature:truncation=3', /truncation 3/],
    ['nature:toString=3', /is not understood/],
  ])('refuses %s', async (text, message) => {
    await expect(open(text)).rejects.toMatchObject({ tag: 'usage', message: expect.stringMatching(message) });
  });

  it('stands alone, with its own units and channels', async () => {
    await expect(open(['nature', 'b.nc'])).rejects.toThrow(/stands alone; a file of that name is \.\/nature/);
    await expect(open('nature', undefined, ['msl=Pa'])).rejects.toThrow(/states its units/);
    await expect(open('nature', ['q850'])).rejects.toThrow(/no channel "q850"/);
    // a file of that name is a file
    await expect(open('./nature')).rejects.toMatchObject({ tag: 'data' });
  });
});
