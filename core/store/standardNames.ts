/** CF standard names (cfconventions.org, standard name table 92) of the variables we know by their ERA5 short names. */
const names: Readonly<Record<string, string>> = {
  z: 'geopotential',
  t: 'air_temperature',
  u: 'eastward_wind',
  v: 'northward_wind',
  w: 'lagrangian_tendency_of_air_pressure',
  q: 'specific_humidity',
  r: 'relative_humidity',
  vo: 'atmosphere_relative_vorticity',
  d: 'divergence_of_wind',
  msl: 'air_pressure_at_mean_sea_level',
  sp: 'surface_air_pressure',
  u10: 'eastward_wind',
  v10: 'northward_wind',
  t2m: 'air_temperature',
  d2m: 'dew_point_temperature',
  sst: 'sea_surface_temperature',
  tp: 'precipitation_amount',
};

/** Null for a variable that CF has no name for, or that we do not know. */
export function standardName(variable: string): string | null {
  return names[variable] ?? null;
}
