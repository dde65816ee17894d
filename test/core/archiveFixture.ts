/** Small NetCDF-4 files for the archive tests, written with h5wasm: one box of time, lat and lon. */
import * as h5 from 'h5wasm/node';

export interface Fixture {
  readonly times?: readonly number[];
  readonly timeUnits?: string;
  readonly calendar?: string;
  readonly latitudes?: readonly number[];
  readonly longitudes?: readonly number[];
  readonly variable?: string;
  readonly attributes?: Readonly<Record<string, string | number | Float32Array | Float64Array | Int16Array>>;
  /** Value at (time, row, column) of the file. */
  readonly value?: (time: number, row: number, column: number) => number;
  readonly dtype?: '<f' | '<h' | '<d';
  /** Adds a level dimension between time and lat, with these values and this unit. */
  readonly levels?: { readonly values: readonly number[]; readonly units: string | null };
}

/** By default: msl in Pa, daily from 2001-01-01, three latitudes rising, four longitudes rising. */
export async function writeNetcdf(path: string, fixture: Fixture = {}): Promise<string> {
  await h5.ready;
  const {
    times = [0, 1, 2],
    timeUnits = 'days since 2001-01-01',
    calendar = 'standard',
    latitudes = [30, 32.5, 35],
    longitudes = [-10, -7.5, -5, -2.5],
    variable = 'msl',
    attributes = { units: 'Pa' },
    value = (time, row, column) => 100_000 + 100 * time + 10 * row + column,
    dtype = '<f',
    levels,
  } = fixture;
  const file = new h5.File(path, 'w');
  const axis = (name: string, data: readonly number[], units: string | null): h5.Dataset => {
    const dataset = file.create_dataset({ name, data: Float64Array.from(data), dtype: '<d' });
    if (units !== null) dataset.create_attribute('units', units);
    dataset.make_scale(name);
    return dataset;
  };
  axis('time', times, timeUnits).create_attribute('calendar', calendar);
  axis('lat', latitudes, 'degrees_north');
  axis('lon', longitudes, 'degrees_east');
  if (levels !== undefined) axis('level', levels.values, levels.units);
  const nlev = levels?.values.length ?? 1;
  const values: number[] = [];
  for (let t = 0; t < times.length; t++)
    for (let l = 0; l < nlev; l++)
      for (let row = 0; row < latitudes.length; row++)
        for (let column = 0; column < longitudes.length; column++)
          values.push(value(t, row, column) + 1000 * l);
  const array = { '<f': Float32Array, '<h': Int16Array, '<d': Float64Array }[dtype];
  const shape = [times.length, ...(levels ? [nlev] : []), latitudes.length, longitudes.length];
  const dataset = file.create_dataset({ name: variable, data: array.from(values), shape, dtype });
  const dimensions = ['time', ...(levels ? ['level'] : []), 'lat', 'lon'];
  dimensions.forEach((name, d) => {
    dataset.attach_scale(d, name);
  });
  for (const [name, content] of Object.entries(attributes)) dataset.create_attribute(name, content);
  file.close();
  return path;
}
