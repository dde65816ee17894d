/**
 * What the columns of a row of statistics are, told from their names:
 *
 *   'crps'                          a number of its own
 *   'rank_07', 'pit_07'             a bin of a histogram over ranks, or over F(truth)
 *   'spectrum mean 017'             power at a wavenumber
 *   'above p90: brier'              a number of an event
 *   'above p90: given_07'           a class of probability of an event; 'happened_07': where the event came true
 *
 * Columns of histograms, spectra and classes come in hundreds and are made into curves; the others are few.
 */

export interface EventColumns {
  /** 'above p90' */
  readonly label: string;
  /** Name without the prefix of the event → column. */
  readonly plain: ReadonlyMap<string, number>;
  /** [class] → column; classes 0 … C. */
  readonly given: readonly number[];
  readonly happened: readonly number[];
}

export interface SpectrumColumns {
  /** 'members', 'mean' or 'truth' */
  readonly series: string;
  readonly wavenumbers: readonly number[];
  readonly columns: readonly number[];
}

export interface StatisticColumns {
  /** Of the whole distribution: name → column. */
  readonly plain: ReadonlyMap<string, number>;
  /** [rank] → column, and [bin] → column. */
  readonly ranks: readonly number[];
  readonly pit: readonly number[];
  readonly spectra: readonly SpectrumColumns[];
  readonly events: readonly EventColumns[];
}

/** An event while its columns are being found. */
interface GrowingEvent {
  readonly label: string;
  readonly plain: Map<string, number>;
  readonly given: number[];
  readonly happened: number[];
}

const eventSeparator = ': ';

/** Hundreds of groups share a list of names. */
const known = new WeakMap<readonly string[], StatisticColumns>();

/** @param names of the columns, in order; numbered ones rise; not changed afterwards */
export function columnsOfStatistics(names: readonly string[]): StatisticColumns {
  const found = known.get(names) ?? readNames(names);
  known.set(names, found);
  return found;
}

function readNames(names: readonly string[]): StatisticColumns {
  const plain = new Map<string, number>();
  const ranks: number[] = [];
  const pit: number[] = [];
  const spectra = new Map<string, { series: string; wavenumbers: number[]; columns: number[] }>();
  const events = new Map<string, GrowingEvent>();
  for (const [column, name] of names.entries()) {
    const cut = name.indexOf(eventSeparator);
    if (cut >= 0) {
      const label = name.slice(0, cut);
      const own = name.slice(cut + eventSeparator.length);
      const event: GrowingEvent = events.get(label) ?? { label, plain: new Map(), given: [], happened: [] };
      events.set(label, event);
      if (own.startsWith('given_')) event.given.push(column);
      else if (own.startsWith('happened_')) event.happened.push(column);
      else event.plain.set(own, column);
    } else if (name.startsWith('rank_')) {
      ranks.push(column);
    } else if (name.startsWith('pit_')) {
      pit.push(column);
    } else if (name.startsWith('spectrum ')) {
      const [, series = '', wavenumber = ''] = name.split(' ');
      const spectrum = spectra.get(series) ?? { series, wavenumbers: [], columns: [] };
      spectra.set(series, spectrum);
      spectrum.wavenumbers.push(Number(wavenumber));
      spectrum.columns.push(column);
    } else {
      plain.set(name, column);
    }
  }
  return { plain, ranks, pit, spectra: [...spectra.values()], events: [...events.values()] };
}

/** Names of the columns that are numbers of their own, of events or of the whole distribution. */
export function singleStatistics(names: readonly string[]): string[] {
  const { plain, events } = columnsOfStatistics(names);
  const columns = [...plain.values(), ...events.flatMap((event) => [...event.plain.values()])];
  return columns.sort((a, b) => a - b).map((column) => names[column] ?? '');
}

/** Events that make up a ranked probability score: percentiles of climatology, else fixed numbers; two or more. */
export function rankedEvents(events: readonly EventColumns[]): readonly EventColumns[] {
  const percentiles = events.filter(({ label }) => /^above p\d/.test(label));
  const numbers = events.filter((event) => !percentiles.includes(event));
  return percentiles.length > 1 ? percentiles : numbers.length > 1 ? numbers : [];
}
