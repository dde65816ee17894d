/** What the end-to-end tests share: the archive and the model of globalSetup, and directories that go away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** What globalSetup made: four years of daily pressures on 6 × 10 points, and a model trained on them. */
    archive: string;
    model: string;
  }
}

export function shared(): { readonly archive: string; readonly model: string } {
  return { archive: inject('archive'), model: inject('model') };
}

/** A directory of the test file, gone when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'plume-e2e-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Flags of a small forecast with the shared model and archive. */
export function forecastArguments(
  out: string,
  flags: Readonly<Record<string, string | readonly string[]>> = {},
): string[] {
  const all = {
    ...shared(),
    starts: '2004-02-01/2004-02-15/P7D',
    members: '2x3',
    lead: 'P3D',
    device: 'cpu',
    workers: '1',
    out,
    ...flags,
  };
  return [
    'forecast',
    ...Object.entries(all).flatMap(([name, value]) => [
      `--${name}`,
      ...(typeof value === 'string' ? [value] : value),
    ]),
  ];
}
