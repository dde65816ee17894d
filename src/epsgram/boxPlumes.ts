/**
 * The numbers of an EPSgram: of every quantity at a place and every lead the least, the 10th, 25th, 50th, 75th and 90th
 * percentile and the largest of the members, and their mean; the same percentiles of other years where an archive is given.
 * Percentiles by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996).
 * In ECMWF's form: boxes hold half the members, their thin parts eight tenths, and lines reach to the outermost.
 */
import { dataError, usageError } from '../../core/errors.js';
import type { Schema } from '../../core/schema.js';
import { millisecondsPerHour } from '../../core/time.js';
import { unitConversion, unitsLike } from '../../core/units.js';
import { placePoints } from '../../evaluation/events/places/placePoints.js';
import { quantityNames, quantityOn } from '../../evaluation/events/quantities.js';
import { readSpots, spotTerms } from '../../evaluation/events/spots.js';
import type { Trajectories } from '../../evaluation/events/trajectories.js';
import type { Station } from '../../evaluation/regions/stationWeights.js';
import { percentile } from '../../evaluation/significance/percentile.js';

const shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1] as const;

/** Least, 10, 25, 50, 75, 90 %, largest. */
export type Box = readonly [number, number, number, number, number, number, number];

export interface BoxAtLead {
  readonly leadHours: number;
  /** Valid time, milliseconds since 1970. */
  readonly validTime: number;
  /** Members with values. */
  readonly members: number;
  readonly box: Box;
  readonly mean: number;
  /** Of other years; null without an archive, or where it has no values. */
  readonly usual: Box | null;
}

export interface BoxPlume {
  readonly quantity: string;
  readonly title: string;
  readonly unit: string;
  readonly leads: readonly BoxAtLead[];
}

interface Shown {
  readonly title: string;
  /** Unit that people expect, where it is not the stored one. */
  readonly unit?: string;
}

/** In the order in which they are looked for. */
const usualQuantities: Readonly<Record<string, Shown>> = {
  wind: { title: 'Wind at 10 m' },
  t2m: { title: 'Temperature at 2 m', unit: 'degC' },
  tp: { title: 'Precipitation', unit: 'mm' },
  msl: { title: 'Sea-level pressure', unit: 'hPa' },
  wind850: { title: 'Wind at 850 hPa' },
  t850: { title: 'Temperature at 850 hPa', unit: 'degC' },
  z500: { title: 'Height of the 500 hPa surface', unit: 'dam' },
  wind250: { title: 'Wind at 250 hPa' },
};
const mostPanels = 4;

/**
 * Quantities to draw: those asked for, else the first four of the usual ones that there are, else the first four channels.
 * @throws {PlumeError} usage, for a quantity that there is not, or whose values go round
 */
export function chosenQuantities(schema: Schema, asked: readonly string[] | undefined): string[] {
  if (asked !== undefined) {
    for (const name of asked) {
      if (quantityOn(schema, name.trim()).combine === 'direction') {
        throw usageError(`--quantities ${name}: directions go round and have no percentiles; leave it out`);
      }
    }
    return asked.map((name) => quantityOn(schema, name.trim()).name);
  }
  const there = quantityNames(schema);
  const usual = Object.keys(usualQuantities).filter((name) => there.includes(name));
  return (usual.length > 0 ? usual : there).slice(0, mostPanels);
}

/**
 * @param members from one start
 * @param climate other years on the same leads
 * @throws {PlumeError} usage, of a place outside the grid; data, when fewer members than the minimum have values at a lead
 */
export async function boxPlumes(
  members: Trajectories,
  climate: Trajectories | null,
  quantities: readonly string[],
  place: Station,
  minimumMembers: number,
): Promise<BoxPlume[]> {
  const plumes: BoxPlume[] = [];
  for (const name of quantities) {
    const quantity = quantityOn(members.schema, name);
    const shown = usualQuantities[name];
    const unit = shownUnit(shown, quantity.unit);
    const own = await valuesAt(members, name, unit, place);
    const others = climate === null ? null : await valuesAt(climate, name, unit, place);
    const leads = members.leadsHours.map((leadHours, lead) => {
      const values = known(own, lead, members.rows);
      if (values.length < Math.max(1, minimumMembers)) {
        throw dataError(
          `${name} at ${place.latitude},${place.longitude}, ${leadHours} h: ${values.length} of ${members.rows} members have ` +
            `values, fewer than the ${minimumMembers} that boxes need; choose another place or quantity, or a smaller ` +
            '--minimum-members',
        );
      }
      const usual =
        others === null || climate === null ? new Float64Array(0) : known(others, lead, climate.rows);
      return {
        leadHours,
        validTime: members.starts[0]! + leadHours * millisecondsPerHour,
        members: values.length,
        box: boxOf(values),
        mean: values.reduce((sum, value) => sum + value, 0) / values.length,
        usual: usual.length === 0 ? null : boxOf(usual),
      };
    });
    plumes.push({ quantity: name, title: shown?.title ?? name, unit, leads });
  }
  return plumes;
}

/** The stored unit where it is not of the kind that people expect. */
function shownUnit(shown: Shown | undefined, stored: string): string {
  return shown?.unit !== undefined && unitsLike(stored).includes(shown.unit) ? shown.unit : stored;
}

/** [lead, row] in the unit shown, of what is interpolated between grid points. */
async function valuesAt(
  trajectories: Trajectories,
  name: string,
  unit: string,
  { latitude, longitude }: Station,
): Promise<Float64Array> {
  const { schema, leadsHours } = trajectories;
  const quantity = quantityOn(schema, name);
  const spot = placePoints({ kind: 'point', centre: { latitude, longitude } }, schema.grid);
  const terms = spotTerms(quantity, [spot]);
  const { values } = await readSpots(trajectories, quantity, terms, [...leadsHours.keys()]);
  const { scale, offset } = unitConversion(quantity.unit, unit);
  return values.map((value) => scale * value + offset);
}

function known(values: Float64Array, lead: number, rows: number): Float64Array {
  return values.subarray(lead * rows, (lead + 1) * rows).filter((value) => !Number.isNaN(value));
}

function boxOf(values: Float64Array): Box {
  const moved = values.slice();
  return shares.map((share) => percentile(moved, share)) as unknown as Box;
}
