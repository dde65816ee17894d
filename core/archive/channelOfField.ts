/**
 * Which channel a field of a file is, found by any of its names, and how its numbers become the house's unit.
 */
import { dataError, isPlumeError } from '../errors.js';
import { type Channel, channelName } from '../schema.js';
import { type LinearConversion, normaliseUnit, unitConversion } from '../units.js';
import { textAttribute } from './cf.js';
import type { Field } from './fields.js';
import { readName } from './variableNames.js';

/** A file's own name comes first; then the house's, with or without a level; then any alias. */
export function fieldsNamed(fields: readonly Field[], name: string): Field[] {
  const own = fields.filter((field) => field.variable.name === name);
  if (own.length > 0) return own;
  const named = readName(name);
  if (named === undefined) {
    return fields.filter(
      (field) => channelName({ variable: field.name, level: field.level, unit: '' }) === name,
    );
  }
  return fields.filter(
    (field) => field.name === named.known.shortName && (named.level === null || field.level === named.level),
  );
}

/**
 * @param path in messages
 * @param overrides the unit that values really have, by channel, short name or file name
 * @param flag of the command line that gives overrides, for messages
 * @throws {PlumeError} data, when a known quantity has no unit, or one that cannot become the house's
 */
export function channelOfField(
  path: string,
  field: Field,
  overrides: Readonly<Record<string, string>>,
  flag = '--unit',
): { readonly channel: Channel; readonly conversion: LinearConversion } {
  const { variable, name, level, known } = field;
  const channel = channelName({ variable: name, level, unit: '' });
  const stated = textAttribute(variable.attributes, 'units')?.trim();
  const override = overrides[channel] ?? overrides[name] ?? overrides[variable.name];
  const unit = override ?? stated;
  if (known === undefined) {
    // A quantity the house has no unit for keeps the file's; without one CF says it is a pure number.
    return {
      channel: { variable: name, level, unit: normaliseUnit(unit ?? '1') },
      conversion: { scale: 1, offset: 0 },
    };
  }
  if (unit === undefined || (unit === '' && known.unit !== '1')) {
    throw dataError(
      `archive "${path}": variable "${variable.name}" (channel ${channel}) has no unit; pass ${flag} ${channel}=${known.unit} to say what it is`,
    );
  }
  try {
    return {
      channel: { variable: name, level, unit: known.unit },
      conversion: unitConversion(unit, known.unit),
    };
  } catch (error) {
    if (!isPlumeError(error)) throw error;
    throw dataError(
      `archive "${path}": channel ${channel} has unit "${unit}", which cannot become "${known.unit}"; ` +
        `pass ${flag} ${channel}=${known.unit} (or the unit it really has) if the file is wrong. ${error.message}`,
      { cause: error },
    );
  }
}
