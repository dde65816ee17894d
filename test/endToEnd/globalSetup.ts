/** Made once for all end-to-end tests: an archive whose law is known and a model trained on it by plume train. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { writeSyntheticNetcdf } from '../syntheticArchive.js';
import { program, succeed } from './plume.js';

/** 2001–2002 train, 2003 calibrates, 2004 is left for forecasts. */
const days = 4 * 365 + 1;

export async function setup(project: TestProject): Promise<() => void> {
  if (!existsSync(program)) throw new Error(`${program} is not there: npm run build, or npm test, makes it`);
  const directory = mkdtempSync(join(tmpdir(), 'plume-e2e-shared-'));
  const archive = await writeSyntheticNetcdf(join(directory, 'synthetic.nc'), { days });
  const model = join(directory, 'model');
  await succeed(['train', '--archive', archive, '--preset', 'brief', '--backend', 'ort-cpu', '--out', model]);
  project.provide('archive', archive);
  project.provide('model', model);
  return () => rmSync(directory, { recursive: true, force: true });
}
