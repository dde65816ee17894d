/**
 * The two series that evidence rests on: the daily sea-level pressure of a reanalysis, and the nature run, whose truth
 * is known. Both are split in time: weights learn from the first years, every choice is made on the year after, and the
 * last year is forecast once.
 */
import { join, resolve } from 'node:path';
import { root } from './plumeCommand.js';

export type SeriesName = 'slp' | 'nature';

export interface Series {
  readonly name: SeriesName;
  readonly title: string;
  readonly archive: string;
  /** Arguments of the command that makes the archive; absent: it is given. */
  readonly make?: readonly string[];
  readonly preset: string;
  readonly train: string;
  readonly validate: string;
  /** Start dates of the validation year that the amplitude of initial perturbations is chosen on. */
  readonly validationStarts: string;
  readonly testStarts: string;
  readonly lead: string;
  /** Error of the analyses, as a share of climatological spread; 0: analyses are the truth. */
  readonly analysisError: number;
  /** Initial perturbations of the arm that has nothing else. */
  readonly initialTrials: readonly number[];
  /** Channels with a table of their own. */
  readonly shown: readonly string[];
  /** References beside the arms. */
  readonly references: string;
  /** Networks of the deep ensemble: the members of every arm. */
  readonly networks: number;
}

export function seriesNamed(name: SeriesName, archive: string | undefined): Series {
  switch (name) {
    case 'slp':
      return {
        name,
        title:
          'Sea-level pressure of the North Atlantic and Europe (NCEP/NCAR reanalysis, daily, 17 × 33 points)',
        archive: archive ?? resolve(root, '../shared/data/ncep-slp-natl/slp.daily.2001-2007.nc'),
        preset: 'standard',
        train: '2001-01-01/2005-12-31',
        validate: '2006-01-01/2006-12-31',
        validationStarts: '2006-01-03/2006-12-20/P3D',
        testStarts: '2007-01-01/2007-12-24/P1D',
        lead: 'P7D',
        analysisError: 0,
        initialTrials: [0.3, 0.45, 0.6, 0.8, 1],
        shown: ['msl'],
        references: 'persistence,climatology,regression',
        networks: 8,
      };
    case 'nature': {
      const made = join('runs', 'results', 'nature.zarr');
      return {
        name,
        title: 'The nature run (T31 with 8 levels, 16 channels on 33 × 64 points, daily)',
        archive: archive ?? made,
        ...(archive === undefined
          ? { make: ['nature', '--years', '12', '--every', '24h', '--seed', '1', '--out', made] }
          : {}),
        preset: 'nature-evidence',
        train: '2001-01-01/2010-12-31',
        validate: '2011-01-01/2011-12-31',
        validationStarts: '2011-01-03/2011-12-15/P24D',
        testStarts: '2012-01-03/2012-12-18/P8D',
        lead: 'P7D',
        analysisError: 0.1,
        initialTrials: [0.05, 0.1, 0.15, 0.2],
        shown: ['z500', 't850', 'u250'],
        references: 'persistence,climatology',
        networks: 8,
      };
    }
  }
}
