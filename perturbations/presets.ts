/**
 * Perturbations with the numbers that others use, and where those were read. The first preset of a kind is its default.
 * A parameter that a preset leaves out is found from the model: the scales of its own noise, the degrees its grid
 * resolves, the length of its step.
 */
import type { ParameterValues, PerturbationKind } from './parameters.js';

export interface Preset {
  readonly name: string;
  readonly kind: PerturbationKind;
  readonly values: ParameterValues;
  /** Where the numbers come from. */
  readonly source: string;
}

const hour = 1;
const day = 24 * hour;
const off = { antithetic: false } as const;
const untapered = { stratosphere: null, boundaryLayer: null, surface: 1 } as const;

export const presets: readonly Preset[] = [
  {
    name: 'white',
    kind: 'white',
    values: { amplitude: 0.05, ...off },
    source: 'amplitude of earth2studio, there a share of the standard deviation',
  },
  {
    name: 'red',
    kind: 'red',
    values: { amplitude: 0.05, reddening: 2, ...off },
    source: 'earth2studio, brown noise',
  },
  {
    name: 'spherical-gaussian',
    kind: 'spherical-gaussian',
    values: { amplitude: 0.05, alpha: 2, tau: 3, ...off },
    source: 'earth2studio and torch-harmonics',
  },
  {
    name: 'perlin-pangu',
    kind: 'perlin',
    values: {
      // there 0.2 of noise whose standard deviation is 0.35 (initial/perlin.ts)
      amplitude: 0.07,
      octaves: 3,
      ...{ periodsLongitude: 12, periodsLatitude: 12, persistence: 0.5 },
      ...off,
    },
    source:
      'Bi et al. 2023, Pangu-Weather (Nature 619), ensemble: noise scale 0.2 of noise whose standard deviation is 0.35, here 1',
  },
  {
    name: 'state-difference',
    kind: 'state-difference',
    values: { amplitude: 0.1, ...off },
    source: 'scheme: Magnusson, Nycander & Källén 2009; amplitude ours',
  },
  {
    name: 'lagged',
    kind: 'lagged',
    values: { lagsHours: [day, 2 * day], amplitude: 1 },
    source: 'scheme: Hoffman & Kalnay 1983; lags ours',
  },
  {
    name: 'balanced',
    kind: 'balanced',
    values: {
      amplitude: 0.1,
      lengthKm: 500,
      ...{ balance: 'linear', verticalModes: 3, equatorDegrees: 15 },
      ...off,
    },
    source: 'ours: no published scheme with defaults is known',
  },
  {
    name: 'bred-hens',
    kind: 'bred',
    values: {
      amplitude: 0.35,
      cycles: 3,
      ...{ seedLengthKm: 500, seedAmplitude: 0.35 },
      antithetic: true,
    },
    source: 'Mahesh et al. 2025 (GMD 18, 5575), cycles of 6 h, seeded in z500',
  },
  {
    name: 'noise',
    kind: 'noise',
    values: { factor: 1, balance: 'none', ...off },
    source: 'scales that the model was trained with',
  },
  {
    name: 'sppt-increments',
    kind: 'sppt',
    values: {
      ...{
        sigma: [0.13, 0.045, 0.015],
        lengthKm: [500, 1000, 2000],
        timeHours: [6 * hour, 3 * day, 30 * day],
      },
      ...{ clip: 2.6, stratosphere: [100, 50], boundaryLayer: [0.87, 0.97], surface: 0 },
      ...off,
    },
    source:
      'ours: sppt-ifs at a quarter of its σ, since whole increments are scaled (perturbations/steps/sppt.ts)',
  },
  {
    name: 'sppt-ifs',
    kind: 'sppt',
    values: {
      ...{ sigma: [0.52, 0.18, 0.06], lengthKm: [500, 1000, 2000], timeHours: [6 * hour, 3 * day, 30 * day] },
      ...{ clip: 1.8, stratosphere: [100, 50], boundaryLayer: [0.87, 0.97], surface: 0 },
      ...off,
    },
    source: 'OpenIFS, namelist NAMSPSDT',
  },
  {
    name: 'sppt-ec-earth',
    kind: 'sppt',
    values: {
      ...{ sigma: [0.5, 0.25, 0.125], lengthKm: [500, 1000, 2000], timeHours: [6 * hour, 3 * day, 30 * day] },
      ...{ clip: 2, stratosphere: [100, 50], boundaryLayer: [0.87, 0.97], surface: 0 },
      ...off,
    },
    source: 'EC-Earth; tapers as in the IFS',
  },
  {
    name: 'sppt-gfs',
    kind: 'sppt',
    values: {
      sigma: [0.8, 0.4, 0.2, 0.08, 0.04],
      lengthKm: [250, 1000, 2000, 2000, 2000],
      timeHours: [6 * hour, 2 * day, 8 * day, 90 * day, 365 * day],
      // there r is bent into ±1 by a logistic function; here it is cut off at ±1
      ...{ clip: 3, stratosphere: [100, 25], boundaryLayer: null, surface: 0 },
      ...off,
    },
    source: 'GFS, NOAA-PSL/stochastic_physics; r is cut off at ±1 where the GFS bends it',
  },
  {
    name: 'sppt-wrf',
    kind: 'sppt',
    values: { sigma: [0.5], lengthKm: [150], timeHours: [6 * hour], clip: 2, ...untapered, ...off },
    source: 'WRF, Registry/registry.stoch',
  },
  {
    name: 'sppt-harmonie',
    kind: 'sppt',
    values: { sigma: [0.2], lengthKm: [2000], timeHours: [8 * hour], clip: 5, ...untapered, ...off },
    source: 'HARMONIE; held within ±1 alone',
  },
  {
    name: 'sppt-speedy',
    kind: 'sppt',
    values: { sigma: [0.33], lengthKm: [500], timeHours: [6 * hour], clip: 5, ...untapered, ...off },
    source: 'SPEEDY; held within ±1 alone',
  },
  {
    name: 'skeb-wrf',
    kind: 'skeb',
    values: { rate: 1e-5, timeHours: 3 * hour, power: -1.83, fromDegree: 1, ...off },
    source: 'WRF, Registry/registry.stoch; all degrees that the grid resolves',
  },
];

/** By its own name, or by its kind's: the default. */
export function findPreset(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name) ?? presets.find(({ kind }) => kind === name);
}
