/** What is kept of a trajectory: channels and leads, and what is said when they do not fit. */
import { describe, expect, it } from 'vitest';
import { makeGrid } from '../../core/grid.js';
import { channelName, type Schema } from '../../core/schema.js';
import { keptLeads, keptSchema } from '../../ensembles/kept.js';

const channel = (variable: string, level: number | null = null) => ({ variable, level, unit: '1' });
const schema: Schema = {
  grid: makeGrid([60, 50], [0, 10]),
  channels: [
    channel('z', 500),
    channel('z', 850),
    channel('t', 850),
    channel('msl'),
    channel('vo_ml1'),
    channel('t_ml12'),
    channel('lnsp'),
  ],
};
const names = (kept: Schema): string[] => kept.channels.map(channelName);

describe('the channels kept', () => {
  it('are all but those on model levels, or all where there are no others', () => {
    expect(names(keptSchema(schema))).toEqual(['z500', 'z850', 't850', 'msl']);
    const only = { ...schema, channels: schema.channels.slice(4) };
    expect(names(keptSchema(only))).toEqual(['vo_ml1', 't_ml12', 'lnsp']);
  });

  it('are those named, in the order of the model; a variable means all its levels', () => {
    expect(names(keptSchema(schema, ['msl', 'z500']))).toEqual(['z500', 'msl']);
    expect(names(keptSchema(schema, [' z', 'lnsp ', 'z850']))).toEqual(['z500', 'z850', 'lnsp']);
  });

  it('cannot be what the model has not', () => {
    expect(() => keptSchema(schema, ['z500', 'q850'])).toThrow(/no channel "q850"; it has z500, z850, t850/);
    expect(() => keptSchema(schema, [''])).toThrow(/--store/);
  });
});

describe('the leads kept', () => {
  it('are every step, the usual interval, or the one asked for', () => {
    expect(keptLeads({ lead: 'P1D' }, 6)).toEqual([6, 12, 18, 24]);
    expect(keptLeads({ lead: 'P3D' }, 6, 24)).toEqual([24, 48, 72]);
    expect(keptLeads({ lead: '36h', every: '12h' }, 6, 24)).toEqual([12, 24, 36]);
  });

  it('fit the steps of the model and the length of the forecast', () => {
    expect(() => keptLeads({ lead: '27h' }, 6)).toThrow(
      /--lead 27h is not a whole number of the model's steps of 6 h/,
    );
    expect(() => keptLeads({ lead: 'P2D', every: '9h' }, 6)).toThrow(/--every 9h is not a whole number/);
    expect(() => keptLeads({ lead: '36h' }, 6, 24)).toThrow(/--lead 36h is not a whole number of the 24 h/);
  });
});
