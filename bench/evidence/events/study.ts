/**
 * What reliability is shown on: an atmosphere of the nature run that the network that ships has not seen (its weights come from
 * one of seed 1 and so does the scale of its noise; this one is of seed 4, the one that perturbations are compared on), and the
 * forecasts of the reanalysis' last year that the section about it rests on.
 */
import { join } from 'node:path';
import type { Site } from '../../../evaluation/events/places/boundPlace.js';
import { studyOf } from '../perturbations/study.js';
import { seriesNamed } from '../series.js';
import {
  type AskedPlaces,
  boxesOf,
  dailyKinds,
  type EventKind,
  lattice,
  natureKinds,
  slpKinds,
  steps,
} from './eventKinds.js';
import type { StrikeKind } from './strikeCases.js';

export interface AskedStudy {
  readonly name: 'nature' | 'slp';
  readonly title: string;
  readonly archive: string;
  /** Arguments of the command that makes the archive; absent: it is there. */
  readonly make?: readonly string[];
  readonly run: string;
  /** Arguments of the command that makes the run; absent: it is made by the section of the series. */
  readonly forecast?: readonly string[];
  /** Take every so many starts of the run. */
  readonly stride: number;
  /**
   * Dates that stand for a start: every so many days of a period before all starts, where there are no seasons; else the days
   * around the start's own in other years.
   */
  readonly climate: { readonly from: string; readonly to: string; readonly everyDays: number } | 'season';
  readonly kinds: readonly EventKind[];
  /** The same question at every lead. */
  readonly daily: readonly EventKind[];
  readonly places: AskedPlaces;
  readonly lows: {
    readonly kinds: readonly StrikeKind[];
    readonly sites: readonly Site[];
    readonly limitKm: number;
  };
}

export interface EventStudy {
  readonly work: string;
  readonly series: readonly AskedStudy[];
}

export interface EventStudyOptions {
  readonly atmosphere: string | undefined;
  readonly slp: string | undefined;
  /** A few starts of a short atmosphere: to see that everything works. */
  readonly quick: boolean;
  /** Default runs/results/events. */
  readonly work?: string;
}

const windows = [
  [24, 72],
  [72, 120],
  [120, 168],
].map(([fromHours, toHours]) => ({ fromHours: fromHours!, toHours: toHours! }));

const strikes: readonly StrikeKind[] = [
  ...[300, 600].flatMap((radiusKm) => windows.map((window) => ({ radiusKm, window }))),
  { radiusKm: 120, window: { fromHours: 24, toHours: 168 } },
  { radiusKm: 300, window: { fromHours: 24, toHours: 168 } },
];

export function eventStudyOf({ atmosphere, slp, quick, work }: EventStudyOptions): EventStudy {
  const directory = work ?? join('runs', 'results', quick ? 'events-quick' : 'events');
  const nature = natureStudy(directory, atmosphere, quick);
  return { work: directory, series: quick ? [nature] : [nature, slpStudy(slp)] };
}

function natureStudy(work: string, atmosphere: string | undefined, quick: boolean): AskedStudy {
  const made = join(work, 'atmosphere.zarr');
  const shared = studyOf({ atmosphere, quick: false });
  const archive = quick ? made : shared.atmosphere;
  const make = quick
    ? ['nature', '--days', '50', '--every', '24h', '--seed', '4', '--out', made]
    : shared.make;
  const run = join(work, 'nature');
  const climate = quick ? '2001-01-01/2001-01-24' : '2001-01-01/2001-12-20';
  return {
    name: 'nature',
    title: 'the nature run (T31, 33 × 64 points, daily; an atmosphere that the network has not seen)',
    archive,
    ...(make === undefined ? {} : { make }),
    run,
    forecast: [
      ...['forecast', '--archive', archive, '--model', join('models', 'default')],
      ...['--store', 'msl,z500,t850,t2m,u10,v10'],
      ...(quick
        ? ['--starts', '2001-02-04/2001-02-10/P3D', '--members', '3x2']
        : ['--starts', '2002-01-10/2003-06-28/P8D', '--members', '8x5']),
      ...['--lead', 'P7D', '--analysis-error', '0.1', '--initial-states', climate],
      ...['--device', 'cpu', '--seed', '1', '--out', run],
    ],
    stride: 1,
    climate: quick
      ? { from: '2001-01-01', to: '2001-01-20', everyDays: 1 }
      : { from: '2001-01-01', to: '2001-12-20', everyDays: 2 },
    kinds: natureKinds,
    daily: dailyKinds({ variable: 't2m', level: null, unit: 'K' }),
    places: {
      sites: lattice([65, 55, 45, 35, 25, -25, -35, -45, -55, -65], steps(0, 345, 15)),
      boxes: boxesOf([65, 50, -33, -48], steps(0, 330, 30), 12, 20),
    },
    lows: { kinds: strikes, sites: evenSites(25, 75), limitKm: 600 },
  };
}

function slpStudy(slp: string | undefined): AskedStudy {
  const { archive } = seriesNamed('slp', slp);
  return {
    name: 'slp',
    title: 'sea-level pressure of the North Atlantic (NCEP/NCAR reanalysis, daily, 17 × 33 points), 2007',
    archive,
    run: join('runs', 'results', 'slp', 'runs', 'hybrid-48'),
    stride: 6,
    climate: 'season',
    kinds: slpKinds,
    daily: dailyKinds({ variable: 'msl', level: null, unit: 'Pa' }),
    places: {
      sites: lattice(steps(35, 65, 5), steps(-65, 5, 5)),
      boxes: boxesOf([68, 58, 48], steps(-65, -10, 15), 10, 15),
    },
    lows: {
      kinds: strikes,
      sites: evenSites(35, 65).filter(({ longitude }) => longitude >= -62 && longitude <= 2),
      limitKm: 600,
    },
  };
}

/** Some 700 km apart on both hemispheres between two latitudes, so that each stands for about as much area. */
function evenSites(from: number, to: number): Site[] {
  return steps(from, to, 6).flatMap((latitude) => {
    const count = Math.round((360 / 6) * Math.cos((latitude * Math.PI) / 180));
    const longitudes = Array.from({ length: count }, (_, i) => -180 + (360 * i) / count);
    return lattice([latitude, -latitude], longitudes);
  });
}
