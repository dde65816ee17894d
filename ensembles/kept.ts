/**
 * What a run keeps of its trajectories: leads at regular intervals and some channels, in the order of the model. The
 * model runs through all its steps and all its channels whatever is kept.
 */
import { usageError } from '../core/errors.js';
import { type Channel, channelName, type Schema } from '../core/schema.js';
import { millisecondsPerHour, parseDuration } from '../core/time.js';

/** State of a model on its own levels, of little use to look at: vo_ml1 … t_ml8, lnsp. */
const modelLevelPattern = /^(?:.+_ml\d+|lnsp)$/;

function isModelLevel({ variable }: Channel): boolean {
  return modelLevelPattern.test(variable);
}

/**
 * @param names channels ("t850") or variables ("t": all its levels); absent: all but those on model levels
 * @throws {PlumeError} usage, for a name that the model has not, saying which it has
 */
export function keptSchema(schema: Schema, names?: readonly string[]): Schema {
  const { channels, grid } = schema;
  if (names === undefined) {
    const looked = channels.filter((channel) => !isModelLevel(channel));
    return { grid, channels: looked.length === 0 ? channels : looked };
  }
  const wanted = names.map((name) => name.trim()).filter((name) => name !== '');
  const unknown = wanted.find(
    (name) => !channels.some((channel) => channelName(channel) === name || channel.variable === name),
  );
  if (unknown !== undefined || wanted.length === 0) {
    throw usageError(
      `--store: the model has no channel "${unknown ?? ''}"; it has ${channels.map(channelName).join(', ')}`,
    );
  }
  return {
    grid,
    channels: channels.filter(
      (channel) => wanted.includes(channelName(channel)) || wanted.includes(channel.variable),
    ),
  };
}

/**
 * @param lead length of the forecast, a duration as people write it
 * @param every interval of what is kept; absent: `usualHours`
 * @returns leads that are kept, hours, rising
 * @throws {PlumeError} usage, when the interval is no multiple of the step, or the length none of the interval
 */
export function keptLeads(
  { lead, every }: { readonly lead: string; readonly every?: string | undefined },
  stepHours: number,
  usualHours = stepHours,
): number[] {
  const hours = (text: string): number => parseDuration(text) / millisecondsPerHour;
  if (!Number.isInteger(hours(lead) / stepHours)) {
    throw usageError(`--lead ${lead} is not a whole number of the model's steps of ${stepHours} h`);
  }
  const everyHours = every === undefined ? usualHours : hours(every);
  if (!Number.isInteger(everyHours / stepHours)) {
    throw usageError(`--every ${every} is not a whole number of the model's steps of ${stepHours} h`);
  }
  const count = hours(lead) / everyHours;
  if (!Number.isInteger(count)) {
    throw usageError(
      `--lead ${lead} is not a whole number of the ${everyHours} h between states that are kept; give another --lead or --every`,
    );
  }
  return Array.from({ length: count }, (_, i) => (i + 1) * everyHours);
}
