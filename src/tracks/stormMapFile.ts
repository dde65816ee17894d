/**
 * Maps of cyclones as an Arrow file: one row for every start, product and window, values FixedSizeList<float32>[lat · lon], and
 * the grid in the metadata as files of a run have it. Written map by map, so that memory holds one.
 */
import { Field, Schema } from 'apache-arrow';
import { interruptedError } from '../../core/errors.js';
import { type Grid, gridSize } from '../../core/grid.js';
import {
  fieldData,
  fieldType,
  float64,
  float64Data,
  IncrementalArrowFile,
  int32,
  int32Data,
  timeData,
  utcTime,
  utf8,
  utf8Data,
} from '../../core/store/arrowColumns.js';
import { createAtomically } from '../../core/store/atomic.js';
import { gridMetadata } from '../../core/store/gridMetadata.js';
import type { CycloneForecast } from './cycloneForecast.js';
import { stormMaps } from './stormMaps.js';

/**
 * @param radiusKm of strikes
 * @returns maps written: equal arguments give equal bytes
 * @throws {PlumeError} resources, when the disk is full or closed to us; interrupted
 */
export async function writeStormMaps(
  path: string,
  forecasts: readonly CycloneForecast[],
  grid: Grid,
  { radiusKm, signal }: { readonly radiusKm: number; readonly signal?: AbortSignal },
): Promise<number> {
  const points = gridSize(grid);
  const encoder = new IncrementalArrowFile(schemaOf(grid));
  const file = await createAtomically(path);
  let written = 0;
  try {
    for (const forecast of forecasts) {
      for (const { start, product, window, radiusKm: near, members, values } of stormMaps(
        forecast,
        grid,
        radiusKm,
      )) {
        if (signal?.aborted)
          throw interruptedError(`${path}: stopped after ${written} maps; nothing is kept`);
        const columns = [
          timeData([start]),
          utf8Data([product]),
          float64Data([window.fromHours]),
          float64Data([window.toHours]),
          float64Data([near]),
          int32Data([members]),
          fieldData(Float32Array.from(values), points),
        ];
        await file.write(encoder.append(columns));
        written++;
      }
    }
    await file.write(encoder.finish());
  } catch (error) {
    await file.abandon();
    throw error;
  }
  await file.commit();
  return written;
}

function schemaOf(grid: Grid): Schema {
  return new Schema(
    [
      new Field('start', utcTime, false),
      new Field('product', utf8, false),
      new Field('from_hours', float64, false),
      new Field('to_hours', float64, false),
      new Field('radius_km', float64, false),
      new Field('members', int32, false),
      new Field('values', fieldType(gridSize(grid)), false),
    ],
    new Map([['format', 'plume-cyclone-map'], ['format_version', '1'], ...gridMetadata(grid)]),
  );
}
