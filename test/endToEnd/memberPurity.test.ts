/**
 * A member is a pure function of (seed, member, analysis, model, configuration): the same to the bit whatever the
 * number of workers, the batch, and the other members beside it. Shown by separate processes.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../core/store/run.js';
import { contents, succeed } from './plume.js';
import { forecastArguments, temporaryDirectory } from './shared.js';

const directory = temporaryDirectory();
const starts = ['2004-02-01', '2004-02-08', '2004-02-15'];

/** Runs a forecast, or what its directory lacks of it. */
async function forecast(name: string, flags: Readonly<Record<string, string>> = {}): Promise<string> {
  const out = join(directory, name);
  await succeed(forecastArguments(out, { members: '4x6', ...flags }));
  return out;
}

/** [start, lead] → the bytes of all members' fields, by number of the member. */
async function members(out: string): Promise<Map<string, Map<number, string>>> {
  const run = await openRun(out);
  const found = new Map<string, Map<number, string>>();
  for (const start of run.starts) {
    for (const lead of run.leadsHours) {
      const { values, members: numbers } = await run.readMembers(start, lead, 0);
      const points = values.length / numbers.length;
      const fields = [...numbers].map((number, row): [number, string] => {
        const field = values.slice(row * points, (row + 1) * points);
        return [number, Buffer.from(field.buffer).toString('base64')];
      });
      found.set(`${new Date(start).toISOString()} ${lead}`, new Map(fields));
    }
  }
  await run.close();
  return found;
}

describe('a member is the same to the bit', () => {
  it('with one worker or two, in batches of 1, 5 and 48: the files are equal', async () => {
    const expected = contents(join(await forecast('reference'), 'members'));
    expect(Object.keys(expected)).toHaveLength(starts.length);
    for (const [workers, batch] of [
      ['1', '1'],
      ['2', '5'],
      ['1', '48'],
      ['2', '48'],
    ] as const) {
      const out = await forecast(`workers-${workers}-batch-${batch}`, { workers, batch });
      expect(contents(join(out, 'members')), `${workers} workers, batch ${batch}`).toEqual(expected);
    }
    const products = contents(join(directory, 'reference', 'products'));
    expect(contents(join(directory, 'workers-2-batch-5', 'products'))).toEqual(products);
  });

  it('when the ensemble grows from 2 × 3 to 4 × 3: the first files stay as they are', async () => {
    const small = await forecast('grown', { members: '2x3' });
    const before = contents(join(small, 'members'));
    const values = await members(small);
    const grown = await forecast('grown', { members: '4x3' });
    expect(contents(join(grown, 'members'))).toMatchObject(before);
    const all = await members(grown);
    expect([...all.values()].map((fields) => fields.size)).toEqual(Array(9).fill(12));
    for (const [key, fields] of values) {
      for (const [number, field] of fields) expect(all.get(key)?.get(number), `${key} ${number}`).toBe(field);
    }
    // and the products are those of a run that had them all from the beginning
    const whole = await forecast('whole', { members: '4x3' });
    expect(contents(join(grown, 'products'))).toEqual(contents(join(whole, 'products')));
    expect(await members(whole)).toEqual(all);
  });

  it('alone, as it is among others: 1 × 1 against 4 × 6', async () => {
    const alone = await members(await forecast('alone', { members: '1x1' }));
    const among = await members(await forecast('reference'));
    for (const [key, fields] of alone) expect(among.get(key)?.get(0), key).toBe(fields.get(0));
  });

  it('from one start alone, as it is among other starts', async () => {
    const one = await forecast('one-start', { starts: starts[1]! });
    expect(contents(join(directory, 'reference', 'members'))).toMatchObject(contents(join(one, 'members')));
  });

  it('and is another with another seed, another weight sample, another stream, another start', async () => {
    const reference = await members(join(directory, 'reference'));
    const other = await members(await forecast('other-seed', { seed: '2' }));
    const fields = [...reference.values()].flatMap((byMember) => [...byMember.values()]);
    expect(new Set(fields).size).toBe(fields.length);
    const others = new Set([...other.values()].flatMap((byMember) => [...byMember.values()]));
    expect(fields.filter((field) => others.has(field))).toEqual([]);
  });
});
