/** The network that a schema gets by itself. */
import { expect, it } from 'vitest';
import { createNetwork } from '../../models/bayesian/networks/createNetwork.js';
import { defaultNetwork } from '../../models/bayesian/networks/defaultNetwork.js';
import { layeredSchema } from './earthFixture.js';

const layers = { levels: [850, 500], variables: ['t', 'u'] } as const;
const daily = { harmonics: 1, stepHours: 24 };

it('levels on a globe get the transformer, everything else the regional network', () => {
  const globe = { rows: 32, columns: 64 };
  expect(defaultNetwork(layeredSchema({ ...globe, ...layers }), daily).kind).toBe('earth-transformer');
  expect(defaultNetwork(layeredSchema({ ...globe, ...layers, region: true }), daily).kind).toBe('regional');
  expect(defaultNetwork(layeredSchema({ ...globe, surface: ['msl'] }), daily).kind).toBe('regional');
  expect(defaultNetwork(layeredSchema({ ...globe, levels: [500], variables: ['z'] }), daily).kind).toBe(
    'regional',
  );
});

it('a belt round the equator is no globe', () => {
  const { channels, grid } = layeredSchema({ rows: 12, columns: 24, ...layers });
  const belt = { channels, grid: { ...grid, latitudes: grid.latitudes.subarray(4, 8) } };
  expect(defaultNetwork(belt, daily).kind).toBe('regional');
});

it.each([8, 16, 19, 32, 46, 64, 121, 181, 361, 721])('is one that can be built, on %i rows', (rows) => {
  const schema = layeredSchema({ rows, columns: 2 * rows, ...layers, surface: ['msl'] });
  const config = defaultNetwork(schema, daily);
  expect(createNetwork(config, schema, {}).parameters.size).toBeGreaterThan(50);
});

it('has the published sizes on a quarter of a degree', () => {
  const config = defaultNetwork(layeredSchema({ rows: 721, columns: 1440, ...layers }), daily);
  expect(config).toMatchObject({
    patch: [2, 4, 4],
    window: [2, 6, 12],
    channels: 192,
    heads: [6, 12, 12, 6],
    depths: [2, 6, 6, 2],
  });
});

it('is told the time of day only where steps are not whole days, and the season where there is one', () => {
  const schema = layeredSchema({ rows: 32, columns: 64, ...layers });
  const known = (harmonics: number, stepHours: number): readonly string[] => {
    const config = defaultNetwork(schema, { harmonics, stepHours });
    return config.kind === 'earth-transformer' ? config.constants : [];
  };
  expect(known(1, 24)).toEqual(['orography', 'land-mask', 'soil-type', 'latitude', 'season']);
  expect(known(0, 6)).toEqual(['orography', 'land-mask', 'soil-type', 'latitude', 'time-of-day']);
});
