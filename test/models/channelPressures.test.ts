/** Where the channels of a model lie. */
import { describe, expect, it } from 'vitest';
import { channelName } from '../../core/schema.js';
import { channelPressures } from '../../models/channelPressures.js';
import { resolveDycore } from '../../models/dycore/dycore.js';
import { natureSchema } from '../../models/dycore/natureModel.js';

describe('the pressures of channels', () => {
  it('of the nature model are those of its levels, σ · 1000 hPa from the top, and of what it shows', () => {
    const schema = natureSchema(resolveDycore({ truncation: 10, levels: 4 }));
    const at = new Map(
      channelPressures(schema).map((pressure, c) => [channelName(schema.channels[c]!), pressure]),
    );
    for (const name of ['vo', 'd', 't']) {
      expect([1, 2, 3, 4].map((level) => at.get(`${name}_ml${level}`))).toEqual([125, 375, 625, 875]);
    }
    expect([at.get('z500'), at.get('t850'), at.get('u250')]).toEqual([500, 850, 250]);
    for (const name of ['lnsp', 'msl', 'u10', 'v10', 't2m']) expect(at.get(name)).toBe(1000);
  });
});
