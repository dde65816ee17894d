/**
 * The names that weather files give to the same quantity, and the one the house uses: the ERA5 short name,
 * with its unit (ECMWF parameter database; CF standard name table). Files of other origins: NCEP (slp, hgt,
 * prmsl), CMIP (psl, ta, hus, tas), WeatherBench (2m_temperature).
 */

export interface KnownVariable {
  readonly shortName: string;
  /** The unit in which values are delivered. */
  readonly unit: string;
  readonly standardNames: readonly string[];
  /** Names in files, lower case. */
  readonly aliases: readonly string[];
  /** Long names, lower case, letters and digits only. */
  readonly longNames: readonly string[];
  readonly where: 'pressure level' | 'surface';
}

function known(
  shortName: string,
  unit: string,
  where: KnownVariable['where'],
  standardNames: string[],
  aliases: string[],
  longNames: string[] = [],
): KnownVariable {
  return { shortName, unit, where, standardNames, aliases, longNames };
}

export const knownVariables: readonly KnownVariable[] = [
  known(
    'z',
    'm2 s-2',
    'pressure level',
    ['geopotential', 'geopotential_height'],
    ['geopotential', 'gh', 'zg', 'hgt', 'geopotential_height', 'phi'],
    ['geopotential', 'geopotential height'],
  ),
  known(
    't',
    'K',
    'pressure level',
    ['air_temperature'],
    ['temperature', 'ta', 'air', 'temp', 'air_temperature'],
    ['temperature', 'air temperature'],
  ),
  known(
    'u',
    'm s-1',
    'pressure level',
    ['eastward_wind'],
    ['ua', 'uwnd', 'u_component_of_wind', 'eastward_wind'],
    ['u component of wind', 'u wind'],
  ),
  known(
    'v',
    'm s-1',
    'pressure level',
    ['northward_wind'],
    ['va', 'vwnd', 'v_component_of_wind', 'northward_wind'],
    ['v component of wind', 'v wind'],
  ),
  known(
    'w',
    'Pa s-1',
    'pressure level',
    ['lagrangian_tendency_of_air_pressure'],
    ['wap', 'omega', 'vertical_velocity'],
    ['vertical velocity'],
  ),
  known(
    'q',
    'kg kg-1',
    'pressure level',
    ['specific_humidity'],
    ['hus', 'shum', 'specific_humidity'],
    ['specific humidity'],
  ),
  known(
    'r',
    '%',
    'pressure level',
    ['relative_humidity'],
    ['hur', 'rhum', 'relative_humidity'],
    ['relative humidity'],
  ),
  known(
    'vo',
    's-1',
    'pressure level',
    ['atmosphere_relative_vorticity'],
    ['relv', 'vorticity'],
    ['vorticity relative'],
  ),
  known('d', 's-1', 'pressure level', ['divergence_of_wind'], ['divergence'], ['divergence']),
  known(
    'msl',
    'Pa',
    'surface',
    ['air_pressure_at_mean_sea_level', 'air_pressure_at_sea_level'],
    ['slp', 'prmsl', 'psl', 'mslp', 'pmsl', 'pressure_msl', 'mean_sea_level_pressure'],
    [
      'mean sea level pressure',
      'sea level pressure',
      'daily mean sea level pressure',
      'pressure reduced to msl',
    ],
  ),
  known(
    'sp',
    'Pa',
    'surface',
    ['surface_air_pressure'],
    ['ps', 'pres_sfc', 'surface_pressure'],
    ['surface pressure'],
  ),
  known(
    'u10',
    'm s-1',
    'surface',
    [],
    ['10u', 'uas', 'u10m', '10m_u_component_of_wind'],
    ['10 metre u wind component', '10 m u wind', '10m u component of wind'],
  ),
  known(
    'v10',
    'm s-1',
    'surface',
    [],
    ['10v', 'vas', 'v10m', '10m_v_component_of_wind'],
    ['10 metre v wind component', '10 m v wind', '10m v component of wind'],
  ),
  known('u100', 'm s-1', 'surface', [], ['100u', '100m_u_component_of_wind'], ['100 metre u wind component']),
  known('v100', 'm s-1', 'surface', [], ['100v', '100m_v_component_of_wind'], ['100 metre v wind component']),
  known(
    't2m',
    'K',
    'surface',
    [],
    ['2t', 'tas', 't2', '2m_temperature', 'air2m'],
    ['2 metre temperature', '2m temperature', 'daily mean 2 m air temperature'],
  ),
  known(
    'd2m',
    'K',
    'surface',
    ['dew_point_temperature'],
    ['2d', 'tdps', '2m_dewpoint_temperature'],
    ['2 metre dewpoint temperature'],
  ),
  known(
    'sst',
    'K',
    'surface',
    ['sea_surface_temperature'],
    ['tos', 'sea_surface_temperature'],
    ['sea surface temperature'],
  ),
  known('skt', 'K', 'surface', [], ['skin_temperature'], ['skin temperature']),
  known(
    'siconc',
    '1',
    'surface',
    ['sea_ice_area_fraction'],
    ['ci', 'sea_ice_cover', 'sic'],
    ['sea ice area fraction', 'sea ice cover'],
  ),
  known(
    'fg10',
    'm s-1',
    'surface',
    ['wind_speed_of_gust'],
    ['10fg', '10fg3', 'i10fg', 'gust'],
    ['10 metre wind gust'],
  ),
  known('tp', 'm', 'surface', [], ['total_precipitation'], ['total precipitation']),
  known(
    'tcwv',
    'kg m-2',
    'surface',
    ['atmosphere_mass_content_of_water_vapor'],
    ['prw', 'total_column_water_vapour'],
    ['total column water vapour', 'total column vertically integrated water vapour'],
  ),
];

const byName = new Map(
  knownVariables.flatMap((entry) =>
    [entry.shortName, ...entry.aliases].map((name) => [name, entry] as const),
  ),
);
const byStandardName = new Map(
  knownVariables.flatMap((entry) => entry.standardNames.map((name) => [name, entry] as const)),
);
const byLongName = new Map(
  knownVariables.flatMap((entry) => entry.longNames.map((name) => [name, entry] as const)),
);

/** A known variable by any of its names, whatever the case. */
export function findVariable(name: string): KnownVariable | undefined {
  return byName.get(name.toLowerCase());
}

/** What a name says: 'ta850' is temperature at 850 hPa, 'slp' sea-level pressure without a level. */
export function readName(
  name: string,
): { readonly known: KnownVariable; readonly level: number | null } | undefined {
  const whole = findVariable(name);
  if (whole !== undefined) return { known: whole, level: null };
  const match = /^(.*?[a-z])_?(\d{1,4})(?:hpa|mb)?$/i.exec(name);
  if (match === null) return undefined;
  const stem = findVariable(match[1] ?? '');
  const level = Number(match[2]);
  const isPressureLevel = stem?.where === 'pressure level' && level >= 1 && level <= 1100;
  return stem !== undefined && isPressureLevel ? { known: stem, level } : undefined;
}

/**
 * What a variable of a file is.
 * @param hasLevel whether it lies on pressure levels: air_temperature on a level is t, near the ground it is not
 * @returns undefined where the house has no name for it
 */
export function identify(
  fileName: string,
  standardName: string | undefined,
  longName: string | undefined,
  hasLevel: boolean,
): { readonly known: KnownVariable; readonly level: number | null } | undefined {
  const named = readName(fileName);
  if (named !== undefined) return named;
  const plain = (longName ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const found = byStandardName.get(standardName ?? '') ?? byLongName.get(plain);
  if (found === undefined) return undefined;
  const fits = (found.where === 'pressure level') === hasLevel;
  return fits ? { known: found, level: null } : undefined;
}
