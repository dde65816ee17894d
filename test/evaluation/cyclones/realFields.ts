/** Single states of real weather that the trackers are held against, where ../shared/data is present. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openDataset } from '../../../core/archive/openDataset.js';
import { readStaticField } from '../../../core/archive/staticField.js';
import type { Grid } from '../../../core/grid.js';
import type { FieldsAt } from '../../../evaluation/cyclones/tracker.js';

const folder = path.resolve('..', 'shared', 'data');

export const jovaPath = path.join(folder, 'gfs-jova', 'jova-fields.nc');
export const idaPath = path.join(folder, 'gfswave-ida', 'gfswave.20210826.t12z.atlocn.0p16.f000.winds.nc');
export const tl31Path = path.join(folder, 'era5-tl31', 'era5_tl31_19590102T00.nc');

export const whySkipped = (file: string): string => (existsSync(file) ? '' : ` (skipped: no ${file})`);

/** @param names of channels and of the file's variables: files without a time are no archives */
export async function readRealFields(
  file: string,
  names: Readonly<Record<string, string>>,
): Promise<{ grid: Grid; fields: FieldsAt }> {
  const dataset = await openDataset(file);
  const found = new Map<string, Float32Array>();
  let grid: Grid | undefined;
  for (const [channel, name] of Object.entries(names)) {
    const field = await readStaticField(dataset, [name]);
    if (field === null) throw new Error(`${file} has no ${name}`);
    grid = field.grid;
    found.set(channel, field.values);
  }
  await dataset.close();
  return { grid: grid!, fields: (channel) => found.get(channel) ?? null };
}
