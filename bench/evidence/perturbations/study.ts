/**
 * What perturbations are compared on: a nature run that no model has seen, forecast by the network and by the dycore itself
 * from the same analyses, which err. One period is the climate that amplitudes are shares of, in the next every choice is
 * made, the last is forecast with what they gave.
 */
import { join } from 'node:path';

export type ModelName = 'network' | 'dycore';

export interface StudiedModel {
  readonly name: ModelName;
  readonly title: string;
  /** As --model takes it. */
  readonly model: string;
  readonly stepHours: number;
}

export interface Study {
  /** Where runs and records are kept. */
  readonly work: string;
  readonly atmosphere: string;
  /** Arguments of the command that makes the atmosphere; absent: it is given. */
  readonly make?: readonly string[];
  readonly models: readonly StudiedModel[];
  readonly climate: string;
  /** Forecasts that the table of errors for bred vectors is made of. */
  readonly errorStarts: string;
  /** Amplitudes tried of each scheme; 1: the first is taken. */
  readonly amplitudes: number;
  /** Every choice is made on these. */
  readonly validationStarts: string;
  readonly validationLead: string;
  readonly testStarts: string;
  readonly lead: string;
  /** Of every ensemble; a square, so that as many weights as noise streams make it. */
  readonly members: number;
  /** Of the analyses, as a share of climatological spread. */
  readonly analysisError: number;
  readonly seed: number;
  /** Channels that are kept and scored. */
  readonly shown: readonly string[];
  /** Of these, those whose spectra are shown. */
  readonly spectral: readonly string[];
}

export interface StudyOptions {
  /** An atmosphere that is there already, six-hourly, with model levels. */
  readonly atmosphere: string | undefined;
  /** Two starts, four members, two days, of a short atmosphere: to see that everything works. */
  readonly quick: boolean;
}

const network: StudiedModel = {
  name: 'network',
  title: 'the network (models/default, steps of 24 h)',
  model: join('models', 'default'),
  stepHours: 24,
};
const dycore: StudiedModel = {
  name: 'dycore',
  title: 'the dycore, a perfect model (steps of 6 h)',
  model: 'nature',
  stepHours: 6,
};

export function studyOf({ atmosphere, quick }: StudyOptions): Study {
  const work = join('runs', 'results', quick ? 'perturbations-quick' : 'perturbations');
  const made = join(work, 'atmosphere.zarr');
  const days = quick ? 70 : 920;
  return {
    work,
    atmosphere: atmosphere ?? made,
    // networks learn from seed 1, other evidence rests on seeds 2 and 3
    ...(atmosphere === undefined
      ? {
          make: [
            'nature',
            ...['--days', String(days), '--every', '6h', '--seed', '4', '--model-levels', '--out', made],
          ],
        }
      : {}),
    models: [network, dycore],
    analysisError: 0.1,
    seed: 1,
    shown: ['z500', 't850', 'u250'],
    spectral: ['z500', 'u250'],
    ...(quick
      ? {
          climate: '2001-01-01/2001-01-30',
          amplitudes: 1,
          errorStarts: '2001-02-08,2001-02-14',
          validationStarts: '2001-02-10,2001-02-16',
          validationLead: 'P1D',
          testStarts: '2001-02-24,2001-03-02',
          lead: 'P2D',
          members: 4,
        }
      : {
          climate: '2001-01-01/2001-12-20',
          amplitudes: 3,
          errorStarts: '2002-01-20/2002-12-16/P30D',
          validationStarts: '2002-02-05/2002-07-05/P30D',
          validationLead: 'P2D',
          testStarts: '2003-01-10/2003-06-24/P15D',
          lead: 'P7D',
          members: 16,
        }),
  };
}
