/** Numbers that an imported model wants its channels normalised by: of the training period, or those it was trained with. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { dataError, toPlumeError, usageError } from '../../core/errors.js';
import { channelName, type Schema } from '../../core/schema.js';
import type { Normalisation } from '../../models/imported/units.js';
import type { ArchiveStatistics } from './archiveStatistics.js';

const file = z.record(z.string(), z.strictObject({ mean: z.number(), deviation: z.number().positive() }));

/**
 * @param option false: physical units; true: mean and deviation of the training period; else a JSON file of them by channel
 * @throws {PlumeError} usage or data, naming the channel that the file lacks
 */
export async function normalisationOf(
  option: boolean | string,
  schema: Schema,
  statistics: ArchiveStatistics,
): Promise<Normalisation | null> {
  if (option === false) return null;
  if (option === true) return { mean: statistics.mean, deviation: statistics.deviation };
  const text = await readFile(option, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `normalisation "${option}"`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw dataError(`normalisation "${option}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = file.safeParse(json);
  if (!parsed.success) {
    throw usageError(
      `normalisation "${option}" must be a JSON object such as {"msl": {"mean": 101300, "deviation": 900}}: ` +
        z.prettifyError(parsed.error),
    );
  }
  const entries = schema.channels.map((channel) => {
    const entry = parsed.data[channelName(channel)];
    if (entry !== undefined) return entry;
    throw usageError(
      `normalisation "${option}" says nothing of channel ${channelName(channel)}; it has ${Object.keys(parsed.data).join(', ')}`,
    );
  });
  return { mean: entries.map(({ mean }) => mean), deviation: entries.map(({ deviation }) => deviation) };
}
