/** What the variables of a nature store are, in the words of the CF conventions (standard name table, version 79). */
import type { Attributes } from '../../core/archive/dataset.js';
import { type DycoreConfig, segmentHours } from './dycore.js';
import { lapseRate, roughnessLength } from './pressureChannels.js';
import { equalLevels } from './sigmaLevels.js';

/** Attributes of every variable, by name. */
export function natureVariables(config: DycoreConfig): Record<string, Attributes> {
  const onLevels: [string, Attributes][] = [...equalLevels(config.levels).full].flatMap((sigma, k) => {
    const level = { model_level: k + 1, sigma };
    const at = `on model level ${k + 1} (sigma = ${Number(sigma.toPrecision(6))})`;
    return [
      [
        `vo_ml${k + 1}`,
        { standard_name: 'atmosphere_relative_vorticity', long_name: `relative vorticity ${at}`, ...level },
      ],
      [`d_ml${k + 1}`, { standard_name: 'divergence_of_wind', long_name: `divergence ${at}`, ...level }],
      [`t_ml${k + 1}`, { standard_name: 'air_temperature', long_name: `temperature ${at}`, ...level }],
    ];
  });
  return {
    z: { standard_name: 'geopotential', long_name: 'geopotential' },
    t: { standard_name: 'air_temperature', long_name: 'temperature' },
    u: { standard_name: 'eastward_wind', long_name: 'eastward wind' },
    v: { standard_name: 'northward_wind', long_name: 'northward wind' },
    msl: {
      standard_name: 'air_pressure_at_mean_sea_level',
      long_name: 'mean sea level pressure',
      comment: 'the surface pressure: the ground lies at sea level everywhere',
    },
    u10: {
      standard_name: 'eastward_wind',
      long_name: '10 metre eastward wind',
      comment: `wind of the lowest model level along a neutral logarithmic profile, roughness length ${roughnessLength} m`,
    },
    v10: {
      standard_name: 'northward_wind',
      long_name: '10 metre northward wind',
      comment: `wind of the lowest model level along a neutral logarithmic profile, roughness length ${roughnessLength} m`,
    },
    t2m: {
      standard_name: 'air_temperature',
      long_name: '2 metre temperature',
      comment: `temperature of the lowest model level along ${1000 * lapseRate} K/km`,
    },
    ...Object.fromEntries(onLevels),
    lnsp: { long_name: 'natural logarithm of surface pressure in Pa' },
  };
}

/** Attributes of the store: they alone say how to make it again. */
export function natureAttributes(config: DycoreConfig, seed: number): Attributes {
  const { truncation, levels, stepSeconds, forcing } = config;
  return {
    title: 'Nature run: a dry atmosphere whose truth is known',
    source:
      `plume dycore, spectral primitive equations, T${truncation}, ${levels} sigma levels, time step ${stepSeconds} s, ` +
      `restarted every ${segmentHours} h from its own float32 fields`,
    references:
      'Held and Suarez 1994, doi:10.1175/1520-0477(1994)075<1825:APFTIO>2.0.CO;2; Simmons and Burridge 1981, Mon. Wea. Rev. 109, 758',
    comment:
      'A model world: no seasons, no orography, no moisture; valid times count from 2001-01-01, when the spin-up ended.',
    seed,
    truncation,
    levels,
    step_seconds: stepSeconds,
    forcing,
    seasonless: 'true',
  };
}
