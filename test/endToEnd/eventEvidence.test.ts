/**
 * The evidence on events and strikes in its short form: a small atmosphere, three starts of six members with the network that
 * ships, every question asked, the page and the figure made of it. The commands run once and are taken up again.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from './shared.js';

/** Built, since it starts the built program. */
async function built<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(resolve('dist/bench/evidence/events', path)).href)) as T;
}

it('asks every kind of event and strike of a few starts, and tells what was found', async () => {
  const { eventStudyOf } = await built<typeof import('../../bench/evidence/events/study.js')>('study.js');
  const { gatherEvents } = await built<typeof import('../../bench/evidence/events/gather.js')>('gather.js');
  const document = await built<typeof import('../../bench/evidence/events/document.js')>('document.js');
  const { reliabilityFigure } =
    await built<typeof import('../../bench/evidence/events/reliabilityFigure.js')>('reliabilityFigure.js');
  const work = temporaryDirectory();
  const study = eventStudyOf({ atmosphere: undefined, slp: undefined, quick: true, work });
  const evidence = await gatherEvents(study);
  const [nature] = evidence.series;
  expect(nature!.starts).toHaveLength(3);
  expect(nature!.members).toBe(6);
  expect(nature!.events).toHaveLength(13);
  expect(nature!.strikes).toHaveLength(8);
  // a day ahead the network knows almost everything of this world, a week ahead less
  const [first, last] = [nature!.daily[0]!, nature!.daily[6]!];
  expect(first.skill).toBeGreaterThan(0.6);
  expect(last.skill).toBeLessThan(first.skill);
  const [near, far] = [nature!.strikes[3]!, nature!.strikes[5]!];
  expect(near.skill).toBeGreaterThan(0.2);
  expect(far.skill).toBeLessThan(near.skill);
  expect(nature!.lows.lows).toBeGreaterThan(10);
  for (const { observed, forecast } of [...nature!.events, ...nature!.strikes]) {
    expect(observed).toBeGreaterThan(0);
    expect(Math.abs(forecast - observed)).toBeLessThan(0.1);
  }
  const page = document.eventsSection(evidence);
  for (const { text } of study.series[0]!.kinds) expect(page).toContain(`\`${text}\``);
  expect(page).not.toMatch(/NaN|undefined/);
  const figure = reliabilityFigure(document.panelsOf(nature!));
  expect(figure.match(/font-weight="600"/g)).toHaveLength(21);
  expect(figure).not.toMatch(/NaN|undefined/);

  const record = join(work, 'records', 'nature.json');
  const before = readFileSync(record, 'utf8');
  const [short] = study.series.map((each) => ({ ...each, kinds: each.kinds.slice(0, 2), daily: [] }));
  const again = await gatherEvents({ work, series: [short!] });
  expect(readFileSync(record, 'utf8')).toBe(before);
  expect(again.series[0]!.events.map(({ brier }) => brier)).toEqual(
    nature!.events.slice(0, 2).map(({ brier }) => brier),
  );
}, 180_000);
