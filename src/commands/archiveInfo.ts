/** plume archive info FILE: what a file of gridded data holds, in words or JSON. */
import { type ArchiveInfo, archiveInfo } from '../../core/archive/info.js';
import type { CommandDefinition } from '../command.js';

export const archiveInfoCommand: CommandDefinition<never> = {
  name: 'info',
  operands: '<file>',
  summary: 'what a NetCDF file or Zarr store holds: variables, times and gaps, grid, levels',
  examples: ['plume archive info slp.daily.2001-2007.nc', 'plume archive info https://host/era5.zarr --json'],
  options: [],
  run: async ({ operands: [file = ''], json }) => {
    const info = await archiveInfo(file);
    if (!json) process.stdout.write(describe(info));
    return info;
  },
};

function describe(info: ArchiveInfo): string {
  const lines = [`${info.path}: ${info.format}`];
  if (info.time !== null) {
    const { count, first, last, step, calendar, gapCount, gaps } = info.time;
    lines.push(`times      ${count}, ${first} … ${last}, step ${step ?? '–'}, calendar ${calendar}`);
    if (gapCount > 0) {
      const shown = gaps.slice(0, 3).map(({ after, before }) => `${after} – ${before}`);
      lines.push(`gaps       ${gapCount}: ${shown.join(', ')}${gapCount > 3 ? ', …' : ''}`);
    }
  }
  if (info.grid !== null) {
    const { latitudes, longitudes, north, south, west, east, extent } = info.grid;
    lines.push(`grid       ${latitudes} × ${longitudes}, ${north}…${south}°N, ${west}…${east}°E, ${extent}`);
  }
  if (info.levels.length > 0) lines.push(`levels     ${info.levels.join(', ')} hPa`);
  if (info.channels.length > 0) lines.push(`channels   ${info.channels.join(', ')}`);
  lines.push('variables');
  const width = Math.max(...info.variables.map(({ name }) => name.length));
  for (const { name, dtype, dimensions, shape, units, longName, missingShare } of info.variables) {
    const size = dimensions.map((dimension, i) => `${dimension} ${shape[i]}`).join(', ');
    const missing =
      missingShare !== null && missingShare > 0 ? `, ${(100 * missingShare).toFixed(1)} % missing` : '';
    const unit = units === null ? '' : ` [${units}]`;
    lines.push(`  ${name.padEnd(width)}  ${dtype} (${size})${unit} ${longName ?? ''}${missing}`.trimEnd());
  }
  for (const problem of info.problems) lines.push(`note: ${problem}`);
  return `${lines.join('\n')}\n`;
}
