/**
 * Events by loops over every member, lead and point, written from the definitions (event.ts) and sharing nothing with what
 * it tests: geometry, interpolation, differences, units and time are done again in the plainest way.
 */
import type { Condition, EventExpression, Place } from '../../../evaluation/events/event.js';
import type { MemoryTrajectories } from './memoryTrajectories.js';

export interface BruteAnswer {
  readonly yes: number[];
  readonly missing: number[];
  /** Rows in which a deciding variable lies so close to its threshold that rounding decides. */
  readonly near: boolean[];
  /** [condition][row] */
  readonly deciding: number[][];
}

type Weighted = { point: number; weight: number }[];

const earthRadius = 6_371_229;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;
const mod = (x: number, m: number): number => ((x % m) + m) % m;

export function bruteForce(
  event: EventExpression,
  members: MemoryTrajectories,
  climate: MemoryTrajectories,
): BruteAnswer | 'refused' {
  const deciding: number[][] = [];
  const near: boolean[] = new Array(members.rows).fill(false);
  const missing: number[] = new Array(members.rows).fill(0);
  let refused = false;
  const holds = (condition: Condition): boolean[] => {
    const answer = oneCondition(condition, members, climate);
    if (answer === 'refused') {
      refused = true;
      return [];
    }
    deciding.push(answer.deciding);
    answer.missing.forEach((m, row) => {
      if (m) missing[row] = 1;
    });
    answer.near.forEach((n, row) => {
      if (n) near[row] = true;
    });
    return answer.holds;
  };
  const truth = (e: EventExpression): boolean[] => {
    if (e.kind === 'condition') return holds(e);
    if (e.kind === 'not') return truth(e.term).map((x) => !x);
    const terms = e.terms.map(truth);
    return Array.from({ length: members.rows }, (_, row) =>
      e.kind === 'and' ? terms.every((t) => t[row]) : terms.some((t) => t[row]),
    );
  };
  const yes = truth(event);
  if (refused) return 'refused';
  return { yes: yes.map((y, row) => (y && !missing[row] ? 1 : 0)), missing, near, deciding };
}

function oneCondition(condition: Condition, members: MemoryTrajectories, climate: MemoryTrajectories) {
  const { leadsHours, rows } = members;
  const { inTime, name, unit } = condition.quantity;
  const window = condition.window ?? { fromHours: -1, toHours: 1e9 };
  // Leads, each with the indices of the leads that its value is made of.
  const leads: { hours: number; parts: number[] }[] = [];
  for (let l = 0; l < leadsHours.length; l++) {
    const hours = leadsHours[l]!;
    if (hours < window.fromHours || hours > window.toHours) continue;
    if (inTime === null) {
      leads.push({ hours, parts: [l] });
      continue;
    }
    const begin = hours - inTime.hours;
    const fromStart = inTime.operation === 'sum' && begin === 0;
    if (begin < leadsHours[0]! && !fromStart) continue;
    if (!leadsHours.includes(begin) && !fromStart) return 'refused' as const;
    const parts = [];
    for (let k = 0; k <= l; k++) {
      const inside = inTime.operation === 'sum' ? leadsHours[k]! > begin : leadsHours[k]! >= begin;
      const between = hours - leadsHours[k]! > 0 && leadsHours[k]! > begin;
      if (inside && !(between && ['change', 'rise', 'fall'].includes(inTime.operation))) parts.push(k);
    }
    leads.push({ hours, parts });
  }
  if (leads.length === 0) return 'refused' as const;
  if (leads[leads.length - 1]!.hours - leads[0]!.hours < condition.durationHours) return 'refused' as const;

  const place = placeOf(condition.place, members);
  const asOne = condition.place.kind === 'point' || (name === 'wind_direction' && condition.join === 'mean');
  const spots: { of: Weighted; weight: number }[] = asOne
    ? [{ of: place, weight: 1 }]
    : place.map(({ point, weight }) => ({ of: [{ point, weight: 1 }], weight }));

  /** Of one spot, row and lead in the unit asked; null where missing; NaN for the direction of a calm. */
  const valueAt = (from: MemoryTrajectories, spot: Weighted, row: number, lead: (typeof leads)[number]) => {
    const xs = lead.parts.map((l) => quantityAt(from, name, spot, row, l));
    if (xs.some((x) => x === null)) return null;
    return convert(
      inTime === null ? xs[0]! : made(inTime.operation, xs as number[], lead.parts, leadsHours),
      name,
      unit,
      inTime?.operation ?? null,
      xs.length,
    );
  };
  const every = (from: MemoryTrajectories) =>
    spots.map(({ of }) =>
      Array.from({ length: from.rows }, (_, row) => leads.map((lead) => valueAt(from, of, row, lead))),
    );
  const own = every(members);
  const usesPercentile =
    'threshold' in condition.comparison && condition.comparison.threshold.kind === 'percentile';
  const usual = usesPercentile ? every(climate) : null;
  // A row with one of the values that are read missing is missing; a spot without any value is left out.
  const readLeads = [...new Set(leads.flatMap(({ parts }) => parts))];
  const spotGone = (from: MemoryTrajectories, spot: Weighted): boolean => {
    for (let row = 0; row < from.rows; row++)
      for (const l of readLeads) if (quantityAt(from, name, spot, row, l) !== null) return false;
    return true;
  };
  const kept = spots.flatMap(({ of }, s) =>
    spotGone(members, of) || (usual !== null && spotGone(climate, of)) ? [] : [s],
  );
  const missing = Array.from(
    { length: rows },
    (_, row) =>
      kept.length === 0 ||
      kept.some((s) => readLeads.some((l) => quantityAt(members, name, spots[s]!.of, row, l) === null)),
  );
  const total = kept.reduce((sum, s) => sum + spots[s]!.weight, 0);
  const areaMean = (values: (number | null)[][][], row: number, l: number): number | null => {
    let sum = 0;
    for (const s of kept) {
      const x = values[s]![row]![l];
      if (x === null || x === undefined) return null;
      sum += (spots[s]!.weight * x) / total;
    }
    return sum;
  };
  const percentileAt = (s: number | null, l: number): number => {
    const { comparison } = condition;
    if (!('threshold' in comparison) || comparison.threshold.kind !== 'percentile') return 0;
    const list: number[] = [];
    for (let row = 0; row < climate.rows; row++) {
      const x = s === null ? areaMean(usual!, row, l) : usual![s]![row]![l]!;
      if (x !== null) list.push(x);
    }
    list.sort((a, b) => a - b);
    const position = ((list.length - 1) * comparison.threshold.percent) / 100;
    const [low, high] = [list[Math.floor(position)]!, list[Math.ceil(position)]!];
    return low + (position - Math.floor(position)) * (high - low);
  };
  const { comparison } = condition;
  const wantsLarge = comparison.kind === '>' || comparison.kind === '>=';
  /** Larger: holds more. */
  const standing = (x: number, t: number): number => {
    if ('threshold' in comparison) {
      const raw = comparison.threshold.kind === 'percentile' ? x - t : x;
      return wantsLarge ? raw : -raw;
    }
    const inside =
      name === 'wind_direction'
        ? insideArc(x, comparison.from, comparison.to)
        : Math.min(x - comparison.from, comparison.to - x);
    return comparison.kind === 'in' ? inside : -inside;
  };
  const limit =
    'threshold' in comparison && comparison.threshold.kind === 'number'
      ? wantsLarge
        ? comparison.threshold.value
        : -comparison.threshold.value
      : 0;
  const strict = comparison.kind === '>' || comparison.kind === '<' || comparison.kind === 'outside';
  const passes = (z: number): boolean => (strict ? z > limit : z >= limit);

  const holdsRow: boolean[] = [];
  const deciding: number[] = [];
  const near: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    if (missing[row]) {
      holdsRow.push(false);
      deciding.push(Number.NaN);
      near.push(false);
      continue;
    }
    // Series whose longest hold is asked: one a spot, or one for the place.
    let series: number[][];
    if (condition.join === 'mean') {
      series = [leads.map((_, l) => standing(areaMean(own, row, l)!, percentileAt(null, l)))];
    } else {
      series = kept.map((s) => leads.map((_, l) => standing(own[s]![row]![l]!, percentileAt(s, l))));
      if (condition.join === 'all') series = [leads.map((_, l) => Math.min(...series.map((z) => z[l]!)))];
    }
    // The yes: some stretch of leads, long enough, in which all pass. The deciding number: the best of the worst.
    let best = -Infinity;
    let yes = false;
    for (const z of series) {
      for (let a = 0; a < leads.length; a++) {
        for (let b = a; b < leads.length; b++) {
          if (leads[b]!.hours - leads[a]!.hours < condition.durationHours) continue;
          const inside = z.slice(a, b + 1);
          best = Math.max(best, Math.min(...inside));
          if (inside.every(passes)) yes = true;
        }
      }
    }
    const exact =
      name === 'u10' &&
      condition.place.kind !== 'point' &&
      condition.join !== 'mean' &&
      inTime?.operation !== 'mean' &&
      !usesPercentile;
    holdsRow.push(yes);
    deciding.push(
      'threshold' in comparison && comparison.threshold.kind === 'number' && !wantsLarge ? -best : best,
    );
    near.push(!exact && Math.abs(best - limit) < 1e-9);
  }
  return { holds: holdsRow, deciding, missing, near };

  function placeOf(place: Place, of: MemoryTrajectories): Weighted {
    const { latitudes, longitudes } = of.schema.grid;
    if (place.kind === 'point') return interpolation(place.centre as Centre, of);
    const found: Weighted = [];
    for (let i = 0; i < latitudes.length; i++) {
      const edge = (k: number): number =>
        Math.sin(
          rad(
            Math.max(
              -90,
              Math.min(
                90,
                k === 0
                  ? latitudes[0]! + (latitudes[0]! - latitudes[1]!) / 2
                  : k === latitudes.length
                    ? latitudes[k - 1]! - (latitudes[k - 2]! - latitudes[k - 1]!) / 2
                    : (latitudes[k - 1]! + latitudes[k]!) / 2,
              ),
            ),
          ),
        );
      for (let j = 0; j < longitudes.length; j++) {
        if (inside(place, latitudes[i]!, longitudes[j]!))
          found.push({ point: i * longitudes.length + j, weight: edge(i) - edge(i + 1) });
      }
    }
    const sum = found.reduce((s, { weight }) => s + weight, 0);
    return found.map(({ point, weight }) => ({ point, weight: weight / sum }));
  }
}

type Centre = { latitude: number; longitude: number };

function inside(place: Place, latitude: number, longitude: number): boolean {
  switch (place.kind) {
    case 'domain':
      return true;
    case 'box': {
      const { north, south, west, east } = place.box;
      return latitude <= north && latitude >= south && mod(longitude - west, 360) <= mod(east - west, 360);
    }
    case 'circle': {
      // Angle between two vectors.
      const vector = (φ: number, λ: number) => [
        Math.cos(rad(φ)) * Math.cos(rad(λ)),
        Math.cos(rad(φ)) * Math.sin(rad(λ)),
        Math.sin(rad(φ)),
      ];
      const centre = place.centre as Centre;
      const [a, b] = [vector(latitude, longitude), vector(centre.latitude, centre.longitude)];
      const dot = a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
      return (Math.acos(Math.max(-1, Math.min(1, dot))) * earthRadius) / 1000 <= place.radiusKm;
    }
    default:
      throw new Error('not in these tests');
  }
}

/** Bilinear; beyond the outermost row of a globe towards the mean of that row. */
function interpolation({ latitude, longitude }: Centre, { schema }: MemoryTrajectories): Weighted {
  const { latitudes, longitudes } = schema.grid;
  const [nlat, nlon] = [latitudes.length, longitudes.length];
  const columns: { j: number; weight: number }[] = [];
  for (let j = 0; j < nlon; j++) {
    const next = (j + 1) % nlon;
    const width = mod(longitudes[next]! - longitudes[j]!, 360);
    const along = mod(longitude - longitudes[j]!, 360);
    if (width > 90 || along >= width) continue;
    columns.push({ j, weight: 1 - along / width }, { j: next, weight: along / width });
  }
  if (columns.length === 0) columns.push({ j: nlon - 1, weight: 1 });
  const found: Weighted = [];
  for (let i = 0; i < nlat; i++) {
    const beyond = (i === 0 && latitude > latitudes[0]!) || (i === nlat - 1 && latitude < latitudes[i]!);
    let weight = 0;
    if (beyond) {
      const t = Math.abs(latitude - latitudes[i]!) / (90 - Math.abs(latitudes[i]!));
      for (let j = 0; j < nlon; j++) found.push({ point: i * nlon + j, weight: t / nlon });
      weight = 1 - t;
    } else if (latitude === latitudes[i]) weight = 1;
    else if (i > 0 && latitude < latitudes[i - 1]! && latitude > latitudes[i]!)
      weight = (latitudes[i - 1]! - latitude) / (latitudes[i - 1]! - latitudes[i]!);
    else if (i < nlat - 1 && latitude < latitudes[i]! && latitude > latitudes[i + 1]!)
      weight = (latitude - latitudes[i + 1]!) / (latitudes[i]! - latitudes[i + 1]!);
    for (const { j, weight: w } of columns)
      if (weight * w !== 0) found.push({ point: i * nlon + j, weight: weight * w });
  }
  return found;
}

/** null: missing. */
function quantityAt(
  from: MemoryTrajectories,
  name: string,
  spot: Weighted,
  row: number,
  lead: number,
): number | null {
  const { channels, grid } = from.schema;
  const [nlat, nlon] = [grid.latitudes.length, grid.longitudes.length];
  const read = (variable: string, level: number | null, point: number): number => {
    const c = channels.findIndex((channel) => channel.variable === variable && channel.level === level);
    return from.values[((c * from.leadsHours.length + lead) * from.rows + row) * nlat * nlon + point]!;
  };
  const sum = (value: (point: number) => number): number =>
    spot.reduce((s, { point, weight }) => s + weight * value(point), 0);
  const upper = name.endsWith('850');
  const u = (point: number): number => (upper ? read('u', 850, point) : read('u10', null, point));
  const v = (point: number): number => (upper ? read('v', 850, point) : read('v10', null, point));
  let x: number;
  if (name === 'wind_direction') {
    const [a, b] = [sum(u), sum(v)];
    if (Number.isNaN(a) || Number.isNaN(b)) return null;
    if (a === 0 && b === 0) return Number.NaN;
    return mod(90 - (Math.atan2(-b, -a) * 180) / Math.PI, 360);
  }
  if (name.startsWith('wind')) x = Math.hypot(sum(u), sum(v));
  else if (name.startsWith('vorticity')) x = sum((point) => derivative(point, v, u, -1));
  else if (name.startsWith('divergence')) x = sum((point) => derivative(point, u, v, 1));
  else x = sum((point) => read(name, null, point));
  return Number.isNaN(x) ? null : x;

  function derivative(
    point: number,
    east: (p: number) => number,
    north: (p: number) => number,
    sign: number,
  ): number {
    const [i, j] = [Math.floor(point / nlon), point % nlon];
    const φ = grid.latitudes[i]!;
    const globe = nlon * (grid.longitudes[1]! - grid.longitudes[0]!) === 360;
    if (Math.abs(φ) === 90) {
      // Circulation round the next circle, or flow out of it, over the area of the cap.
      const inner = i === 0 ? 1 : nlat - 2;
      const ψ = rad(Math.abs(grid.latitudes[inner]!));
      let around = 0;
      for (let k = 0; k < nlon; k++)
        around += (north(inner * nlon + k) * 2 * Math.PI * earthRadius * Math.cos(ψ)) / nlon;
      const area = 2 * Math.PI * earthRadius ** 2 * (1 - Math.sin(ψ));
      return ((i === 0 ? -sign : sign) * around) / area;
    }
    const cos = (degrees: number): number => Math.cos(rad(degrees));
    let [jw, je] = [j - 1, j + 1];
    if (!globe) [jw, je] = [Math.max(jw, 0), Math.min(je, nlon - 1)];
    const span = rad((je - jw) * (grid.longitudes[1]! - grid.longitudes[0]!));
    const zonal = (east(i * nlon + mod(je, nlon)) - east(i * nlon + mod(jw, nlon))) / span;
    const across = (step: number): [number, number] => {
      const k = i + step;
      if (k >= 0 && k < nlat) return [grid.latitudes[k]!, north(k * nlon + j) * cos(grid.latitudes[k]!)];
      if (!globe) return [φ, north(point) * cos(φ)];
      const latitude = step < 0 ? 180 - φ : -180 - φ;
      // Over the pole the component points the other way.
      return [latitude, -north(i * nlon + mod(j + nlon / 2, nlon)) * cos(latitude)];
    };
    const [[above, a], [below, b]] = [across(-1), across(1)];
    return (zonal + (sign * (a - b)) / rad(above - below)) / (earthRadius * cos(φ));
  }
}

function made(operation: string, xs: number[], parts: number[], hours: readonly number[]): number {
  const [first, last] = [xs[0]!, xs[xs.length - 1]!];
  switch (operation) {
    case 'min':
      return Math.min(...xs);
    case 'max':
      return Math.max(...xs);
    case 'sum':
      return xs.reduce((s, x) => s + x, 0);
    case 'change':
    case 'rise':
      return last - first;
    case 'fall':
      return first - last;
    default: {
      let area = 0;
      for (let k = 1; k < xs.length; k++)
        area += ((xs[k]! + xs[k - 1]!) / 2) * (hours[parts[k]!]! - hours[parts[k - 1]!]!);
      return area / (hours[parts[parts.length - 1]!]! - hours[parts[0]!]!);
    }
  }
}

function convert(
  x: number,
  name: string,
  unit: string | null,
  operation: string | null,
  count: number,
): number {
  if (unit === null) return x;
  if (name === 'msl') return x / 100;
  if (name === 't2m') {
    const difference = operation === 'change' || operation === 'rise' || operation === 'fall';
    return difference ? x : x - 273.15 * (operation === 'sum' ? count : 1);
  }
  return (x * 3600) / 1852;
}

function insideArc(x: number, from: number, to: number): number {
  if (Number.isNaN(x)) return -180;
  const width = Math.abs(to - from) >= 360 ? 360 : mod(to - from, 360);
  const apart = (a: number, b: number): number => Math.min(mod(a - b, 360), mod(b - a, 360));
  const within = mod(x - from, 360) <= width;
  if (width === 360) return Math.min(mod(x - from, 360), 360 - mod(x - from, 360));
  // Along the arc from either end; outside, the way back to the nearer end.
  return within ? Math.min(mod(x - from, 360), mod(to - x, 360)) : -Math.min(apart(x, from), apart(x, to));
}
