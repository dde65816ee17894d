/**
 * IBTrACS, the International Best Track Archive for Climate Stewardship, version 4, as CSV (often with a second line that
 * holds units): one row a storm and time; position merged from all agencies; wind (kt) and pressure (mb) of each agency.
 * Knapp et al. 2010, doi:10.1175/2009BAMS2755.1; "IBTrACS version 4 technical documentation", NOAA NCEI.
 */
import { BestTrackAssembly, givenName } from './bestTrackAssembly.js';
import { csvTable, namesColumns } from './csvTable.js';
import { fixOf, numberCell, timeOfText } from './publishedValues.js';
import { MalformedRow } from './skippedRows.js';
import type { WindMeaning } from './trackFile.js';
import type { Agency, TrackFormat } from './trackFormat.js';

/** Of which agency winds and pressures are, and what that means. */
export const agencies: Readonly<Record<Agency, { readonly wind: WindMeaning; readonly note: string }>> = {
  usa: {
    wind: '1-minute mean',
    note: 'winds and pressures are those of the US agencies (1-minute winds)',
  },
  wmo: {
    wind: 'as the responsible agency reports it (mostly a 10-minute mean)',
    note: 'winds and pressures are those of the WMO agency responsible for the basin (mostly 10-minute winds; of the US agencies 1-minute)',
  },
};

/** The US agencies' cover all basins and mean the same everywhere: they are taken where the file has them. */
export function agencyOf(wanted: Agency | undefined, hasUsa: boolean): Agency {
  return wanted ?? (hasUsa ? 'usa' : 'wmo');
}

const missing = ['', 'NA', '-999', '-9999'];

export const ibtracs: TrackFormat = {
  name: 'ibtracs',
  summary: 'IBTrACS, CSV',
  recognises: (head) => namesColumns(head, ['sid'], ['iso_time'], ['lat'], ['lon']),
  async read(source) {
    const table = csvTable(source);
    const agency = agencyOf(source.options.agency, table.has('usa_wind') || table.has('usa_pres'));
    const assembly = new BestTrackAssembly(source.skipped);
    for (const { at, cell } of table.rows()) {
      source.skipped.attempt(at, () => {
        // The line of units under the names.
        if (cell('lat')?.startsWith('degrees') === true) return;
        const id = cell('sid') ?? '';
        if (id === '') throw new MalformedRow('the row names no storm');
        const fix = fixOf({
          time: timeOfText(cell('iso_time')),
          latitude: numberCell('latitude', cell('lat')),
          longitude: numberCell('longitude', cell('lon')),
          wind: numberCell('wind', cell(`${agency}_wind`), missing),
          windUnit: 'knot',
          pressure: numberCell('pressure', cell(`${agency}_pres`), missing),
          pressureUnit: 'hPa',
        });
        assembly.add(id, givenName(cell('name')), fix, cell('usa_status', 'nature') ?? null, at);
      });
    }
    const { wind, note } = agencies[agency];
    return { kind: 'best', wind, notes: [note], ...assembly.finish() };
  },
};
