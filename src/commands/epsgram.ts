/** plume epsgram: what the members say of one place, lead by lead, as box plumes in the terminal and as an SVG file. */
import { usageError } from '../../core/errors.js';
import { writeAtomically } from '../../core/store/atomic.js';
import { writeTable } from '../../core/store/table.js';
import { formatTime } from '../../core/time.js';
import { runTrajectories } from '../../evaluation/events/runTrajectories.js';
import type { Station } from '../../evaluation/regions/stationWeights.js';
import type { CommandDefinition } from '../command.js';
import { boxPlumes, chosenQuantities } from '../epsgram/boxPlumes.js';
import { epsgramText } from '../epsgram/epsgramTerminal.js';
import type { Options } from '../options.js';
import { askedStarts, openAsked } from '../query/askedForecast.js';
import { askedSites, requireInside } from '../query/askedSites.js';
import { siteText } from '../query/placeText.js';
import { openUsualWeather } from '../query/usualWeather.js';

const epsgramOptions = [
  'at',
  'site',
  'sites',
  'start',
  'quantities',
  'archive',
  'unit',
  'regrid',
  'seasonless',
  'minimumMembers',
  'out',
  'arrow',
  'csv',
  'forecastUnit',
  'memberDimension',
] as const;
type EpsgramOptionName = (typeof epsgramOptions)[number];

const usualWidth = 80;

export const epsgramCommand: CommandDefinition<EpsgramOptionName> = {
  name: 'epsgram',
  operands: '<run...>',
  summary: 'box plumes of a place through the forecast: wind, temperature, pressure or what a run holds',
  examples: [
    'plume epsgram runs/2007 --at 60,-20',
    'plume epsgram runs/2007 --site Rotterdam --sites ports.csv --out rotterdam.svg',
    'plume epsgram runs/2007 --at 60N,20W --archive slp.nc --start 2007-12-01 --out low.svg',
  ],
  options: epsgramOptions,
  wording: { start: 'start date of the forecast (default: the last)' },
  run: async ({ options, operands, report, json }) => {
    const place = await onePlace(options);
    const forecast = await openAsked(operands, options);
    try {
      for (const note of forecast.notes) report.line(note);
      const { source, name } = forecast;
      const [start = Number.NaN, ...more] = askedStarts(forecast, options.start);
      if (more.length > 0) throw usageError(`--start ${options.start}: an EPSgram is of one start; give one`);
      requireInside([place], source.schema.grid);
      const quantities = chosenQuantities(source.schema, options.quantities);
      const members = await runTrajectories(source, start);
      const usual = await openUsualWeather(options, forecast, quantities, report);
      try {
        const plumes = await boxPlumes(
          members,
          usual?.of(start) ?? null,
          quantities,
          place,
          options.minimumMembers,
        );
        const { name: site, latitude, longitude } = place;
        const words = {
          place: siteText(site, latitude, longitude),
          start,
          members: members.rows,
          usual: usual?.meaning ?? null,
        };
        const about = { start, site, latitude, longitude };
        const { plumeColumns } = await import('../epsgram/plumeColumns.js');
        if (options.arrow !== undefined)
          await writeTable(options.arrow, plumeColumns(plumes, about), { forecast: name });
        if (options.csv !== undefined) {
          const { csvText } = await import('../report/csvText.js');
          await writeText(options.csv, csvText(plumeColumns(plumes, about)));
        }
        if (options.out !== undefined) {
          const { epsgramFigure } = await import('../epsgram/epsgramFigure.js');
          await writeText(options.out, epsgramFigure(plumes, words));
        }
        if (!json) {
          const missing =
            members.missing.length === 0 ? '' : `, ${members.missing.length} more are not in the run`;
          const title = `${words.place}, from ${formatTime(start)}: ${members.rows} members${missing}`;
          const drawing = epsgramText(plumes, process.stdout.columns ?? usualWidth);
          const files = options.out === undefined ? [] : [`figure: ${options.out}`];
          process.stdout.write(`${[title, '', drawing, ...files].join('\n')}\n`);
        }
        return {
          forecast: name,
          start: formatTime(start),
          site,
          latitude,
          longitude,
          members: members.rows,
          missing: [...members.missing],
          climatology: usual?.meaning ?? null,
          figure: options.out ?? null,
          plumes: plumes.map(({ leads, ...plume }) => ({
            ...plume,
            leads: leads.map((lead) => ({ ...lead, validTime: formatTime(lead.validTime) })),
          })),
        };
      } finally {
        await usual?.close();
      }
    } finally {
      await forecast.close();
    }
  },
};

/** @throws {PlumeError} usage, when the options name no place, or more than one */
async function onePlace(options: Pick<Options, 'at' | 'site' | 'sites'>): Promise<Station> {
  const { site, sites: file } = options;
  if (site !== undefined && file === undefined) {
    throw usageError(`--site ${site} is looked for in a list of places: give --sites FILE, or --at LAT,LON`);
  }
  const places = await askedSites(options);
  if (places === null) throw usageError('no place: give --at LAT,LON, or --site NAME with --sites FILE');
  if (site === undefined) {
    if (places.length === 1) return places[0]!;
    throw usageError(
      `--sites ${file} has ${places.length} places; --site NAME says which, such as ${places[0]!.name}`,
    );
  }
  const found = places.filter(({ name }) => name.toLowerCase() === site.toLowerCase());
  if (found.length === 1) return found[0]!;
  const names = places.slice(0, 8).map(({ name }) => name);
  throw usageError(
    found.length > 1
      ? `--site ${site}: ${file} has ${found.length} places of that name; give --at LAT,LON`
      : `--site ${site}: ${file} has no place of that name; it has ${names.join(', ')}${places.length > 8 ? ', …' : ''}`,
  );
}

function writeText(file: string, text: string): Promise<void> {
  return writeAtomically(file, new TextEncoder().encode(text));
}
