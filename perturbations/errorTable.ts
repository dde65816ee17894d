/**
 * What a model's forecasts err by, channel by channel: the file that `plume errors` writes and bred vectors are scaled to.
 *   { plume, model, archive, lead_hours, starts, analysis_error, channels: { z500: { rms, unit }, … } }
 * rms is the root of the mean over area and starts of the squared error, in the channel's unit.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { dataError, toPlumeError } from '../core/errors.js';
import { channelName, type Schema } from '../core/schema.js';
import { writeAtomically } from '../core/store/atomic.js';
import type { Json } from '../core/store/canonicalJson.js';
import type { BredVectorSource } from './source.js';

const tableSchema = z.object({
  plume: z.string(),
  /** What tells the model from others, as in a manifest. */
  model: z.record(z.string(), z.json()),
  archive: z.array(z.string()),
  lead_hours: z.number().positive(),
  /** Valid times of the analyses, ISO 8601. */
  starts: z.array(z.string()).min(1),
  /** α of the error added to each analysis, in climatological spread; 0: forecasts from the archive's own states. */
  analysis_error: z.number().min(0),
  channels: z.record(z.string(), z.object({ rms: z.number().min(0), unit: z.string() })),
});

export interface ErrorTable {
  readonly plume: string;
  readonly model: { readonly [key: string]: Json };
  readonly archive: readonly string[];
  readonly lead_hours: number;
  readonly starts: readonly string[];
  readonly analysis_error: number;
  readonly channels: Readonly<Record<string, { readonly rms: number; readonly unit: string }>>;
}

export function writeErrorTable(path: string, table: ErrorTable): Promise<void> {
  return writeAtomically(path, `${JSON.stringify(table, null, 2)}\n`);
}

/**
 * The part of a table that bred vectors of a model need, and what it is of.
 * @param schema of the model, `modelName` in messages
 * @throws {PlumeError} data, for a file that is not there or no table, a channel that it lacks, or one in another unit
 */
export async function readErrorTable(
  path: string,
  schema: Schema,
  modelName: string,
): Promise<Pick<BredVectorSource, 'errors' | 'errorsOf'>> {
  const name = `table of errors "${path}"`;
  const { channels, model, lead_hours, starts, archive, analysis_error } = await parsed(path, name);
  const make = `make one with plume errors for ${modelName}`;
  const errors: Record<string, number> = {};
  const lacking: string[] = [];
  for (const channel of schema.channels) {
    const known = channelName(channel);
    const entry = Object.hasOwn(channels, known) ? channels[known] : undefined;
    if (entry === undefined) lacking.push(known);
    else if (entry.unit !== channel.unit) {
      throw dataError(
        `${name}: the error of ${known} is in "${entry.unit}", but ${modelName} has it in "${channel.unit}"; ${make}`,
      );
    } else errors[known] = entry.rms;
  }
  if (lacking.length > 0) {
    const more = lacking.length > 5 ? ` and ${lacking.length - 5} more` : '';
    throw dataError(`${name} lacks ${lacking.slice(0, 5).join(', ')}${more} of ${modelName}; ${make}`);
  }
  const { kind, digest } = model;
  const whose = [kind, typeof digest === 'string' ? digest.slice(0, 12) : undefined].filter(
    (part) => part !== undefined,
  );
  const erring = analysis_error > 0 ? `, analysis error ${analysis_error}` : '';
  const errorsOf =
    `${whose.join(' ')} at ${lead_hours} h, ${starts.length} starts from ${starts[0]} to ${starts.at(-1)}${erring}, ` +
    archive.join(', ');
  return { errors, errorsOf };
}

async function parsed(path: string, name: string): Promise<z.output<typeof tableSchema>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, name);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw dataError(`${name} is not JSON: ${(error as Error).message}; make one with plume errors`, {
      cause: error,
    });
  }
  const found = tableSchema.safeParse(json);
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw dataError(
    `${name} is none that plume errors writes: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
  );
}
