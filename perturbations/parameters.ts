/**
 * What can be said of each perturbation: its parameters, by the names of its plain data (source.ts), with what they mean
 * and how they are written. Lists of scales are written as one list a parameter: sigma=0.5/0.2,length-km=500/1000.
 */
import type { InitialSource, PerturbationSource, StepSource } from './source.js';

/** Absent where a preset leaves it to the model. */
export type ParameterValue = number | boolean | string | readonly number[] | null;
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

export type PerturbationKind = PerturbationSource['kind'];

interface ParameterType {
  /** What is expected, in a message. */
  readonly words: string;
  /** @returns undefined where the text is none */
  read(text: string): ParameterValue | undefined;
  /** A value of JSON. */
  has(value: unknown): boolean;
}

export interface Parameter {
  /** As in source.ts; on the command line in kebab case. */
  readonly name: string;
  readonly meaning: string;
  readonly type: ParameterType;
}

export interface Scheme {
  /** Whether it perturbs the states that members start from, or every step. */
  readonly at: 'start' | 'step';
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  /** What to know before the published numbers are taken. */
  readonly advice?: string;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function readNumber(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}

function readNumbers(text: string): readonly number[] | undefined {
  const values = text.split('/').map(readNumber);
  return values.every((value) => value !== undefined) ? values : undefined;
}

const number: ParameterType = { words: 'a number', read: readNumber, has: isNumber };
const whole: ParameterType = {
  words: 'a whole number',
  read: (text) => (Number.isInteger(readNumber(text)) ? readNumber(text) : undefined),
  has: Number.isInteger,
};
const numbers: ParameterType = {
  words: 'one number or several with / between them',
  read: readNumbers,
  has: (value) => Array.isArray(value) && value.length > 0 && value.every(isNumber),
};
const onOff: ParameterType = {
  words: 'on or off',
  read: (text) => (text === 'on' ? true : text === 'off' ? false : undefined),
  has: (value) => typeof value === 'boolean',
};
const range: ParameterType = {
  words: 'two numbers with / between them, or off',
  read: (text) => (text === 'off' ? null : readNumbers(text)?.length === 2 ? readNumbers(text) : undefined),
  has: (value) => value === null || (Array.isArray(value) && value.length === 2 && value.every(isNumber)),
};
const text: ParameterType = {
  words: 'a name',
  read: (given) => (given === '' ? undefined : given),
  has: (value) => typeof value === 'string' && value !== '',
};
function oneOf(...names: readonly string[]): ParameterType {
  return {
    words: names.join(' or '),
    read: (given) => (names.includes(given) ? given : undefined),
    has: (value) => typeof value === 'string' && names.includes(value),
  };
}

const parameter = (name: string, type: ParameterType, meaning: string): Parameter => ({
  name,
  type,
  meaning,
});

const antithetic = parameter('antithetic', onOff, 'noise streams 2i and 2i + 1 draw opposite numbers');
const share = parameter('amplitude', number, 'share of climatological spread');

const initial = (summary: string, ...parameters: readonly Parameter[]): Scheme => ({
  at: 'start',
  summary,
  parameters,
});
const step = (summary: string, ...parameters: readonly Parameter[]): Scheme => ({
  at: 'step',
  summary,
  parameters,
});

export const schemes: Readonly<Record<PerturbationKind, Scheme>> = {
  white: initial('noise that is independent at every point and channel', share, antithetic),
  red: initial(
    'noise whose amplitude falls with the degree n of the harmonic like n^−ρ',
    share,
    parameter('reddening', number, 'ρ'),
    antithetic,
  ),
  'spherical-gaussian': initial(
    'noise of Matérn covariance (τ² − Δ)^−α on the sphere',
    share,
    parameter('alpha', number, 'α: smoothness'),
    parameter('tau', number, 'τ: inverse length, in radians'),
    antithetic,
  ),
  perlin: initial(
    'fractal gradient noise',
    share,
    parameter('octaves', whole, 'how many, each of twice the frequency'),
    parameter('periodsLongitude', whole, 'of the first octave around the globe'),
    parameter('periodsLatitude', whole, 'of the first octave from pole to pole'),
    parameter('persistence', number, 'amplitude of an octave beside that of the one before'),
    antithetic,
  ),
  'state-difference': initial('differences of two states of other dates', share, antithetic),
  lagged: initial(
    'forecasts from earlier analyses, valid at the start',
    parameter('lagsHours', numbers, 'hours before the start, in turn over the noise streams'),
    parameter('amplitude', number, 'of the difference from the analysis'),
  ),
  balanced: initial(
    'a random flow whose wind, temperature and pressure are in balance',
    share,
    parameter('lengthKm', number, 'L of the correlation exp(−d²/2L²)'),
    parameter(
      'balance',
      oneOf('linear', 'geostrophic'),
      'wind is drawn and mass follows, or mass and wind follows',
    ),
    parameter('verticalModes', whole, 'cosine modes in ln p; 1 is barotropic'),
    parameter('equatorDegrees', number, 'geostrophic wind is blended to zero below this latitude'),
    antithetic,
  ),
  bred: initial(
    'bred vectors, centred, hemispheres scaled apart',
    parameter('errors', text, 'table of forecast errors, a file of plume errors; needed'),
    parameter('amplitude', number, 'share of those errors that a cycle is scaled to'),
    parameter('cycles', whole, 'before the start'),
    parameter('cycleHours', number, 'length of one'),
    parameter('seedChannel', text, 'where the first noise is put'),
    parameter('seedLengthKm', number, 'its length'),
    parameter('seedAmplitude', number, 'its size, share of the error of the channel'),
    antithetic,
  ),
  noise: step(
    'a correlated pattern times the amplitude that the model has learned',
    parameter('lengthKm', numbers, 'L of exp(−d²/2L²), of each scale'),
    parameter('timeHours', numbers, 'τ of exp(−Δt/τ), of each scale'),
    parameter('share', numbers, 'part of the variance, of each scale'),
    parameter('factor', number, 'multiplies the amplitude'),
    parameter('balance', oneOf('none', 'linear'), 'one pattern for all channels, or a balanced one'),
    antithetic,
  ),
  sppt: {
    ...step(
      'the increment of each step times 1 + r, one random pattern r for all channels',
      parameter('sigma', numbers, 'standard deviation of r, of each scale'),
      parameter('lengthKm', numbers, 'L of exp(−d²/2L²), of each scale'),
      parameter('timeHours', numbers, 'τ of exp(−Δt/τ), of each scale'),
      parameter('clip', number, 'r is held within so many standard deviations, and within ±1'),
      parameter('stratosphere', range, 'hPa between which it fades out upwards'),
      parameter('boundaryLayer', range, 'shares of 1000 hPa between which it fades out downwards'),
      parameter('surface', number, 'factor of r for channels at the surface'),
      antithetic,
    ),
    advice:
      'published sigmas are for the tendencies of parametrised physics, here whole increments are scaled: the default has a ' +
      'quarter of them (sigma=0.13/0.045/0.015, 0.14 together); members of the network that ships break from 0.2 together ' +
      'on, those of the dycore at 0.5',
  },
  skeb: step(
    'kinetic-energy backscatter through a random streamfunction',
    parameter('rate', number, 'energy put in, m² s⁻³'),
    parameter('timeHours', number, 'τ of exp(−Δt/τ)'),
    parameter('power', number, 'p: the amplitude of a harmonic of degree n goes like n^p'),
    parameter('fromDegree', whole, 'lowest degree that is forced'),
    parameter('toDegree', whole, 'highest degree that is forced'),
    antithetic,
  ),
};

export const perturbationKinds = Object.keys(schemes) as readonly PerturbationKind[];

export function isInitial(source: PerturbationSource): source is InitialSource {
  return schemes[source.kind].at === 'start';
}

export function isStep(source: PerturbationSource): source is StepSource {
  return schemes[source.kind].at === 'step';
}

/** 'lengthKm' → 'length-km' */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** As it is written on the command line. */
export function formatValue(value: ParameterValue): string {
  if (value === null) return 'off';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join('/') : String(value);
}
