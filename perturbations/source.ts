/**
 * Perturbations as plain data: what a configuration names, a manifest records and a worker is handed. Every value is
 * resolved: presets (presets.ts) and defaults have been filled in. Lists of them are applied in their order.
 *
 * Amplitudes α of initial perturbations are shares of climatological spread: the root mean square, over the area and the
 * dates of a pool of archive states, of a channel's deviation from its mean over those dates.
 */
import type { Schema } from '../core/schema.js';

/** One scale of a correlated field. */
export interface NoiseScale {
  /** L of exp(−d²/2L²), kilometres; at least the grid spacing. */
  readonly lengthKm: number;
  /** τ of exp(−Δt/τ), hours; 0 is white in time. */
  readonly timeHours: number;
  /** Part of the variance, relative to the other scales' (default 1). */
  readonly share?: number;
}

interface Antithetic {
  /** Noise streams 2i and 2i + 1 draw the same numbers with opposite signs. */
  readonly antithetic: boolean;
}

interface Amplitude extends Antithetic {
  /** α. */
  readonly amplitude: number;
}

/** Independent at every point and channel. */
export interface WhiteNoiseSource extends Amplitude {
  readonly kind: 'white';
}

/** Independent in every channel; variance by degree n of the sphere's harmonics falls like a power. */
export interface RedNoiseSource extends Amplitude {
  readonly kind: 'red';
  /** ρ: the amplitude of one harmonic ∝ n^(−ρ). */
  readonly reddening: number;
}

/** Independent in every channel, Matérn covariance: variance of a harmonic ∝ (n(n + 1) + τ²)^(−α). */
export interface SphericalGaussianSource extends Amplitude {
  readonly kind: 'spherical-gaussian';
  readonly alpha: number;
  readonly tau: number;
}

/** Fractal gradient noise, independent in every channel. */
export interface PerlinSource extends Amplitude {
  readonly kind: 'perlin';
  readonly octaves: number;
  /** Periods around the globe and from pole to pole of the first octave. */
  readonly periodsLongitude: number;
  readonly periodsLatitude: number;
  /** Amplitude of an octave beside that of the one before. */
  readonly persistence: number;
}

/** Difference of two states of other dates, stateDifference.ts. */
export interface StateDifferenceSource extends Amplitude {
  readonly kind: 'state-difference';
}

/** Forecasts from earlier analyses that are valid at the start, in turn. */
export interface LaggedSource {
  readonly kind: 'lagged';
  /** Whole steps of the model; noise stream j takes lag (j mod (lags + 1)) − 1, and none for the first. */
  readonly lagsHours: readonly number[];
  /** Scales the differences from the analysis. */
  readonly amplitude: number;
}

/** A random streamfunction or geopotential, carried to wind, temperature and surface pressure by balance. */
export interface BalancedSource extends Amplitude {
  readonly kind: 'balanced';
  readonly lengthKm: number;
  /** linear: ψ is drawn, Φ follows from ∇²Φ = ∇·(f∇ψ). geostrophic: Φ is drawn, wind follows away from the equator. */
  readonly balance: 'linear' | 'geostrophic';
  /** Vertical cosine modes in ln p: 1 is barotropic. */
  readonly verticalModes: number;
  /** Geostrophic wind is blended to zero below this latitude, degrees. */
  readonly equatorDegrees: number;
}

/** Centred bred vectors whose hemispheres are scaled apart. */
export interface BredVectorSource extends Antithetic {
  readonly kind: 'bred';
  /** Size a cycle is scaled to, as a share of the error table. */
  readonly amplitude: number;
  /** Cycles before the start. */
  readonly cycles: number;
  readonly cycleHours: number;
  /** Channel that the seed is put on, and its amplitude as a share of the table's entry. */
  readonly seedChannel: string;
  readonly seedLengthKm: number;
  readonly seedAmplitude: number;
  /** RMS errors of the model's forecasts by name of channel, physical units; what they are of is recorded beside. */
  readonly errors: Readonly<Record<string, number>>;
  readonly errorsOf: string;
}

export type InitialSource =
  | WhiteNoiseSource
  | RedNoiseSource
  | SphericalGaussianSource
  | PerlinSource
  | StateDifferenceSource
  | LaggedSource
  | BalancedSource
  | BredVectorSource;

/** The model's own flow-dependent amplitude shaping a correlated pattern. */
export interface LearnedNoiseSource extends Antithetic {
  readonly kind: 'noise';
  readonly scales: readonly NoiseScale[];
  /** Multiplies the amplitude. */
  readonly factor: number;
  /** none: one pattern for all channels. linear: each channel has its part of one balanced pattern, of unit variance. */
  readonly balance: 'none' | 'linear';
}

/** Stochastically perturbed tendencies: x ← x(t) + (1 + μ r)(x(t + Δt) − x(t)). */
export interface TendencySource extends Antithetic {
  readonly kind: 'sppt';
  /** Each with the standard deviation of its own. */
  readonly scales: readonly {
    readonly sigma: number;
    readonly lengthKm: number;
    readonly timeHours: number;
  }[];
  /** r is held within ± clip · √Σσ², and never beyond ±1. */
  readonly clip: number;
  /** μ falls linearly from 1 to 0 between these pressures, hPa; null: no taper. */
  readonly stratosphere: readonly [number, number] | null;
  /** The same towards the ground, as shares of 1000 hPa. */
  readonly boundaryLayer: readonly [number, number] | null;
  /** μ of channels at the surface. */
  readonly surface: number;
}

/** Stochastic kinetic-energy backscatter through a random streamfunction. */
export interface BackscatterSource extends Antithetic {
  readonly kind: 'skeb';
  /** Energy input, m² s⁻³. */
  readonly rate: number;
  /** Time scale, hours. */
  readonly timeHours: number;
  /** p: amplitude of a harmonic ∝ n^p. */
  readonly power: number;
  /** Degrees that are forced. */
  readonly fromDegree: number;
  readonly toDegree: number;
}

export type StepSource = LearnedNoiseSource | TendencySource | BackscatterSource;
export type PerturbationSource = InitialSource | StepSource;

/** States of the archive at some dates, physical units; in shared memory where workers share it. */
export interface StatePool {
  readonly dates: number;
  /** By age, newest first, as many as the model's history: each [date, channel, lat, lon]. */
  readonly states: readonly Float32Array[];
}

/** What perturbations are made for: plain data but for the schema's arrays. */
export interface PerturbationContext {
  /** Of the model. */
  readonly schema: Schema;
  readonly stepHours: number;
  /** hPa at which each channel lies; the surface's is 1000. */
  readonly pressures: readonly number[];
  /** Climatological spread by channel, physical units; empty where no initial perturbation asks for it. */
  readonly spread: readonly number[];
  /** Null where no initial perturbation needs one. */
  readonly pool: StatePool | null;
  /** The world is the same at every longitude: states may be turned. */
  readonly rotate: boolean;
}

/** Which of a list's draws are whose: two initial perturbations of one kind draw different numbers. */
export interface ListedPlace {
  /** Place in the list of initial perturbations, the `step` of its draws. */
  readonly place: number;
}
