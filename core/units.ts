/**
 * Units at the doors: a small table of the units that weather files carry, in the spelling of UDUNITS
 * ("m s-1", "kg kg-1", "degC"), with linear conversions inside one dimension.
 * A unit is `scale · x + offset` in the base unit of its dimension; whatever is not in the table is refused.
 * Exact factors: mmHg 101325/760 Pa, knot 1852/3600 m s-1, standard gravity 9.80665 m s-2 (CGPM 1901).
 */
import { dataError } from './errors.js';

type Dimension =
  | 'pressure'
  | 'temperature'
  | 'speed'
  | 'geopotential'
  | 'length'
  | 'ratio'
  | 'pressure tendency'
  | 'rate'
  | 'vorticity'
  | 'mass flux'
  | 'mass per area'
  | 'energy per area'
  | 'flux'
  | 'angle';

interface Unit {
  readonly name: string;
  readonly dimension: Dimension;
  readonly scale: number;
  readonly offset: number;
  readonly spellings: readonly string[];
}

/** Standard gravity: metres of geopotential height to m² s⁻². */
export const standardGravity = 9.80665;

function unit(name: string, dimension: Dimension, scale: number, spellings: string[], offset = 0): Unit {
  return { name, dimension, scale, offset, spellings };
}

const units: readonly Unit[] = [
  unit('Pa', 'pressure', 1, ['pascal', 'pascals', 'N m-2']),
  unit('hPa', 'pressure', 100, ['mb', 'mbar', 'millibar', 'millibars', 'hectopascal', 'hectopascals']),
  unit('kPa', 'pressure', 1000, ['kilopascal', 'kilopascals']),
  unit('bar', 'pressure', 1e5, ['bars']),
  unit('mmHg', 'pressure', 101_325 / 760, ['torr']),
  unit('K', 'temperature', 1, ['kelvin', 'kelvins', 'degK', 'deg_K', 'degree_K', 'degrees_K']),
  unit(
    'degC',
    'temperature',
    1,
    ['C', 'deg_C', 'degree_C', 'degrees_C', 'celsius', 'degree_celsius', 'degrees_celsius', '°C', 'deg C'],
    273.15,
  ),
  unit(
    'degF',
    'temperature',
    5 / 9,
    ['F', 'deg_F', 'degree_F', 'degrees_F', 'fahrenheit', 'degrees_fahrenheit', '°F', 'deg F'],
    273.15 - (32 * 5) / 9,
  ),
  unit('m s-1', 'speed', 1, [
    'meter second-1',
    'metre second-1',
    'meters second-1',
    'metres second-1',
    'mps',
  ]),
  unit('km h-1', 'speed', 1 / 3.6, ['km hr-1', 'kph', 'kmh']),
  unit('knot', 'speed', 1852 / 3600, ['knots', 'kt', 'kts', 'nautical_mile hour-1']),
  unit('mph', 'speed', 0.44704, ['mile hour-1', 'miles hour-1']),
  unit('m2 s-2', 'geopotential', 1, ['J kg-1']),
  unit('gpm', 'geopotential', standardGravity, ['geopotential_meter', 'geopotential_metre', 'm gp']),
  unit('dam', 'geopotential', 10 * standardGravity, ['gpdm', 'dagpm', 'decametre', 'dekameter']),
  unit('m', 'length', 1, ['meter', 'meters', 'metre', 'metres', 'm of water equivalent']),
  unit('mm', 'length', 0.001, ['millimeter', 'millimeters', 'millimetre', 'millimetres']),
  unit('cm', 'length', 0.01, ['centimeter', 'centimeters', 'centimetre', 'centimetres']),
  unit('km', 'length', 1000, ['kilometer', 'kilometers', 'kilometre', 'kilometres']),
  unit('nmi', 'length', 1852, ['nautical_mile', 'nautical_miles']),
  unit('kg kg-1', 'ratio', 1, []),
  unit('1', 'ratio', 1, ['', 'dimensionless', '(0 - 1)', '0-1', 'fraction', 'proportion', 'none', 'm3 m-3']),
  unit('%', 'ratio', 0.01, ['percent', 'percentage', 'per cent']),
  unit('g kg-1', 'ratio', 0.001, ['gram kilogram-1']),
  unit('mg kg-1', 'ratio', 1e-6, []),
  unit('Pa s-1', 'pressure tendency', 1, ['pascal second-1']),
  unit('hPa h-1', 'pressure tendency', 100 / 3600, ['mb hr-1', 'mb h-1', 'hPa hr-1']),
  unit('s-1', 'vorticity', 1, ['second-1', 'Hz']),
  unit('mm day-1', 'rate', 0.001 / 86_400, ['mm d-1']),
  unit('mm h-1', 'rate', 0.001 / 3600, ['mm hr-1']),
  unit('kg m-2 s-1', 'mass flux', 1, []),
  unit('kg m-2', 'mass per area', 1, ['kilogram metre-2']),
  unit('J m-2', 'energy per area', 1, ['joule metre-2']),
  unit('W m-2', 'flux', 1, ['watt metre-2']),
  unit('degree', 'angle', 1, ['degrees', 'deg', '°']),
  unit('radian', 'angle', 180 / Math.PI, ['radians', 'rad']),
];

/** One way of writing powers and quotients: 'm s**-1', 'm/s', 'm·s^-1', 'm.s-1' → 'm s-1'. */
function plainSpelling(text: string): string {
  const flat = text
    .trim()
    .replace(/⁻/g, '-')
    .replace(/[¹²³]/g, (digit) => ({ '¹': '1', '²': '2', '³': '3' })[digit] ?? digit)
    .replace(/\*\*|\^/g, '')
    .replace(/(?<=[A-Za-z0-9])[·.*](?=[A-Za-z])/g, ' ')
    .replace(/\s+/g, ' ');
  const quotient = /^([A-Za-z][A-Za-z0-9 -]*?) ?\/ ?(.+)$/.exec(flat);
  if (quotient === null) return flat;
  const [numerator = '', denominators = ''] = quotient.slice(1);
  const inverse = denominators.split(/ ?\/ ?| /).map((factor) => {
    const parts = /^([A-Za-z_]+)(\d*)$/.exec(factor);
    return parts === null ? factor : `${parts[1]}-${parts[2] === '' ? '1' : parts[2]}`;
  });
  return `${numerator.trim()} ${inverse.join(' ')}`;
}

/** Two tables: exact case first ("Pa" is not "pA"), then any case where that is not ambiguous. */
const bySpelling = new Map<string, Unit>();
const byLowerCase = new Map<string, Unit>();
for (const entry of units) {
  for (const spelling of [entry.name, ...entry.spellings]) {
    bySpelling.set(spelling, entry);
    const lower = spelling.toLowerCase();
    if (!byLowerCase.has(lower)) byLowerCase.set(lower, entry);
  }
}

function findUnit(text: string): Unit | undefined {
  const plain = plainSpelling(text);
  return bySpelling.get(plain) ?? byLowerCase.get(plain.toLowerCase());
}

/** True where the table holds the unit. */
export function isKnownUnit(text: string): boolean {
  return findUnit(text) !== undefined;
}

/** The table's spelling of a unit ('m s**-1' → 'm s-1'); a unit it does not hold comes back trimmed, as written. */
export function normaliseUnit(text: string): string {
  return findUnit(text)?.name ?? text.trim();
}

/** Names of the units that measure what this one does, itself first; none where the table does not hold it. */
export function unitsLike(text: string): string[] {
  const like = findUnit(text);
  if (like === undefined) return [];
  const others = units.filter(({ dimension, name }) => dimension === like.dimension && name !== like.name);
  return [like, ...others].map(({ name }) => name);
}

/** y = scale · x + offset */
export interface LinearConversion {
  readonly scale: number;
  readonly offset: number;
}

/**
 * How to turn values in `from` into values in `to`. Metres stand for geopotential metres where the other
 * side is a geopotential, because most files write heights of pressure levels that way.
 * @throws {PlumeError} data, when a unit is unknown or the two measure different things
 */
export function unitConversion(from: string, to: string): LinearConversion {
  if (plainSpelling(from) === plainSpelling(to)) return { scale: 1, offset: 0 };
  let source = requireUnit(from);
  let target = requireUnit(to);
  if (source.name === target.name) return { scale: 1, offset: 0 };
  if (source.dimension === 'length' && target.dimension === 'geopotential') {
    source = asGeopotential(source);
  } else if (source.dimension === 'geopotential' && target.dimension === 'length') {
    target = asGeopotential(target);
  }
  if (source.dimension !== target.dimension) {
    throw dataError(
      `unit "${from}" measures ${source.dimension}, "${to}" measures ${target.dimension}: one cannot become the other; ` +
        'name the unit the values really have',
    );
  }
  return { scale: source.scale / target.scale, offset: (source.offset - target.offset) / target.scale };
}

function asGeopotential(length: Unit): Unit {
  return { ...length, dimension: 'geopotential', scale: length.scale * standardGravity };
}

function requireUnit(text: string): Unit {
  const found = findUnit(text);
  if (found === undefined) {
    const known = units.map((entry) => entry.name).join(', ');
    throw dataError(`unit "${text}" is not known; write it as one of ${known}`);
  }
  return found;
}

/** @throws {PlumeError} data, when a unit is unknown or the two measure different things */
export function convert(value: number, from: string, to: string): number {
  const { scale, offset } = unitConversion(from, to);
  return scale * value + offset;
}
