/**
 * Every option of every command, once: its flag, its meaning, its check and its default.
 * A configuration file is JSON whose keys are these names; one file may serve several commands, each takes
 * what it knows, and a key that no command knows is refused. Flags win over the file, the file over defaults.
 */
import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { z } from 'zod';
import { toPlumeError, usageError } from '../core/errors.js';
import { posteriorNames } from '../models/bayesian/training/posteriorNames.js';
import { stageNames } from '../models/bayesian/training/stages.js';
import { backendNames } from '../models/graph/backendName.js';
import { uncertainties } from '../models/uncertainty.js';
import { presetNames } from './training/presetNames.js';

const whole = (what: string, least: number) => {
  const error = `${what} must be a whole number, ${least} or more`;
  return z.coerce.number({ error }).int({ error }).min(least, { error });
};
const share = (what: string) => {
  const error = `${what} must be a number from 0 to 10, such as 0.1`;
  return z.coerce.number({ error }).min(0, { error }).max(10, { error });
};
const scaleError = 'scale must be a number above 0, up to 1, such as 0.05';
const betaError = 'beta must be a number, 0 or more, such as 1e-4';
const kilometres = (what: string) => {
  const error = `${what} must be a number of km above 0, such as 120`;
  return z.coerce.number({ error }).gt(0, { error }).max(20_000, { error });
};
const spacingError = 'spacing of maps must be a number of degrees from 0.01 to 30, such as 0.5';
const degreesApart = z.coerce
  .number({ error: spacingError })
  .min(0.01, { error: spacingError })
  .max(30, { error: spacingError });
const unfilled = 'nothing stands there; give a value, or leave the flag out';
const filled = z.string().min(1, { error: unfilled });
const path = filled;
const texts = z
  .union([z.array(path), path.transform((one) => [one])], {
    error: ({ input }) => (input === '' ? unfilled : 'expected a text, or a list of them'),
  })
  .default([]);
const list = z.union([z.array(z.string()), z.string().transform((text) => text.split(','))]);

interface OptionDefinition {
  readonly flag: string;
  readonly description: string;
  readonly schema: z.ZodType;
  /** The flag takes one value and may come several times; several values after one flag would swallow operands. */
  readonly repeatable?: true;
}

const definitions = {
  archive: {
    flag: '--archive <file...>',
    description:
      'gridded data: NetCDF files, a Zarr store or its URL, several files of one series as one; or nature, the built-in run',
    schema: z.union([z.array(path).min(1), path.transform((one) => [one])]).optional(),
  },
  variables: {
    flag: '--variables <names>',
    description: 'channels to use, comma-separated short or file names (default: all with time, lat and lon)',
    schema: list.optional(),
  },
  unit: {
    flag: '--unit <name=unit...>',
    description: 'unit of a variable whose file states none, or a wrong one: msl=Pa',
    schema: list.default([]),
  },
  model: {
    flag: '--model <dir>',
    description:
      'directory of a trained model; nature, or nature:truncation=21,levels=8, is the dycore itself',
    schema: path.default('model'),
  },
  out: { flag: '--out <path>', description: 'where the result goes', schema: path.optional() },
  train: {
    flag: '--train <from/to>',
    description: 'training period (default: all but the last two calendar years of the archive)',
    schema: z.string().optional(),
  },
  validate: {
    flag: '--validate <from/to>',
    description: 'validation period, between training and test (default: the last calendar year but one)',
    schema: z.string().optional(),
  },
  preset: {
    flag: '--preset <name>',
    description:
      'size of network and length of training: standard, or brief for a quick look; nature for the nature run, nature-evidence in minutes',
    schema: z.enum(presetNames).default('standard'),
  },
  network: {
    flag: '--network <which>',
    description:
      'auto (the preset’s where it suits the archive), regional, global, earth-transformer, or a JSON file (docs/networks.md)',
    schema: path.default('auto'),
  },
  history: {
    flag: '--history <n>',
    description:
      'states that a step of the network sees, the newest among them (default: as the network says)',
    schema: whole('history', 1).optional(),
  },
  constants: {
    flag: '--constants <file>',
    description:
      'orography, land–sea mask, soil type on the grid of the archive (default: the archive’s own, else zeros)',
    schema: path.optional(),
  },
  components: {
    flag: '--components <n>',
    description: 'networks trained from different starts (default: as many as the preset says)',
    schema: whole('components', 1).optional(),
  },
  years: {
    flag: '--years <n>',
    description: 'calendar years of the nature run, from 2001 on',
    schema: whole('years', 1).optional(),
  },
  days: {
    flag: '--days <n>',
    description: 'days of the nature run, in place of --years',
    schema: whole('days', 1).optional(),
  },
  truncation: {
    flag: '--truncation <t>',
    description: 'highest wavenumber of the dycore, such as 21, 31, 42 (default: 31)',
    schema: whole('truncation', 1).optional(),
  },
  levels: {
    flag: '--levels <n>',
    description: 'sigma levels of the dycore (default: 8)',
    schema: whole('levels', 1).optional(),
  },
  step: {
    flag: '--step <seconds>',
    description: 'time step of the dycore (default: the longest that suits the truncation; 1800 at T31)',
    schema: whole('step', 1).optional(),
  },
  modelLevels: {
    flag: '--model-levels',
    description: 'keep the model-level channels too, so that --model nature can forecast from the file',
    schema: z.boolean().default(false),
  },
  starts: {
    flag: '--starts <times>',
    description:
      'start dates: one, a comma-separated list, or FROM/TO/PERIOD such as 2007-01-01/2007-12-24/P7D',
    schema: z.string().optional(),
  },
  members: {
    flag: '--members <KxJ>',
    description:
      'weight samples × noise streams (default: 8x6; epistemic 48x1; aleatoric and the nature model 1x48; --deterministic 1x1)',
    schema: z.string().optional(),
  },
  uncertainty: {
    flag: '--uncertainty <kind>',
    description:
      'what members differ by: hybrid, both weights and noise (default); epistemic, weights alone; aleatoric, noise alone; none, where they start (--initial)',
    schema: z.enum(uncertainties).optional(),
  },
  deterministic: {
    flag: '--deterministic',
    description: 'one forecast a start: --uncertainty none with --members 1x1, from the analysis itself',
    schema: z.boolean().default(false),
  },
  every: {
    flag: '--every <period>',
    description:
      'interval of the states kept (default: the model’s step; of the nature model 24h, of plume nature 6h)',
    schema: z.string().optional(),
  },
  store: {
    flag: '--store <names>',
    description: 'channels to keep, comma-separated (default: all but those on model levels)',
    schema: list.optional(),
  },
  analysisError: {
    flag: '--analysis-error <alpha>',
    description: 'error added to each analysis, as a share of climatological spread (default: 0)',
    schema: share('analysis error').optional(),
  },
  perturb: {
    flag: '--perturb <spec...>',
    description:
      'what makes members differ, in order: sppt, skeb-wrf:rate=2e-5, white, a JSON file, … (see plume perturbations)',
    schema: z.union([z.array(path), path.transform((one) => [one])]).default([]),
  },
  initial: {
    flag: '--initial <alpha>',
    description:
      'short for a first --perturb state-difference:amplitude=ALPHA (default: as --analysis-error where --perturb says nothing of the start)',
    schema: share('initial perturbation').optional(),
  },
  initialStates: {
    flag: '--initial-states <from/to>',
    description:
      'period whose differences make both (default: all of the archive up to ten days before the first start)',
    schema: z.string().optional(),
  },
  lead: {
    flag: '--lead <period>',
    description: 'length of the forecast; of plume errors 48h where it is not given',
    schema: z.string().default('P7D'),
  },
  seed: {
    flag: '--seed <n>',
    description: 'seed of every random draw',
    schema: whole('seed', 0).default(1),
  },
  device: {
    flag: '--device <name>',
    description: 'auto, cpu, webgpu, cuda, tensorrt, coreml or dml; never silently replaced',
    schema: z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'tensorrt', 'coreml', 'dml']).default('auto'),
  },
  backend: {
    flag: '--backend <name>',
    description:
      'what trains: auto, ort-cpu, ort-webgpu, ort-cuda, tfjs-node-gpu, tfjs-node or tfjs-wasm; never silently replaced',
    schema: z.enum(backendNames).default('auto'),
  },
  stage: {
    flag: '--stage <name>',
    description:
      'one stage of training: deterministic, epistemic or aleatoric, each beginning where the one before ended; or all that are left',
    schema: z.enum(['all', ...stageNames]).default('all'),
  },
  posterior: {
    flag: '--posterior <name>',
    description:
      'what is learned of the doubt about weights: mean-field, rank-one, dropout, swag, last-layer-laplace or deep-ensemble',
    schema: z.enum(posteriorNames).default('mean-field'),
  },
  workers: {
    flag: '--workers <n>',
    description: 'worker threads (default: one a core on cpu, one on a GPU)',
    schema: whole('workers', 1).optional(),
  },
  batch: {
    flag: '--batch <n>',
    description: 'members in one call of the model; changes speed and memory, never a value',
    schema: whole('batch', 1).optional(),
  },
  checkpoint: {
    flag: '--checkpoint <seconds>',
    description: 'how often training saves where it stands',
    schema: whole('checkpoint', 0).default(60),
  },
  references: {
    flag: '--references <names>',
    description:
      'what forecasts are compared with: persistence, climatology, regression (verify, start: all that suit; compare: none)',
    schema: list.optional(),
  },
  seasonless: {
    flag: '--seasonless',
    description:
      'climatology is all training states of any date (the nature run has no seasons and needs no flag)',
    schema: z.boolean().default(false),
  },
  start: {
    flag: '--start <time>',
    description: 'start date that is asked: one, a list or FROM/TO/PERIOD (default: the last)',
    schema: z.string().optional(),
  },
  event: {
    flag: '--event <text>',
    description:
      'yes-or-no question of every member: "wind > 17.2 m/s for 6h anywhere within 150km of 51.95,4.05" (docs/events.md); may be repeated',
    schema: texts,
    repeatable: true,
  },
  curve: {
    flag: '--curve <text>',
    description:
      'an event with * for its number: probabilities of exceeding levels, quantiles, return levels; may be repeated',
    schema: texts,
    repeatable: true,
  },
  at: {
    flag: '--at <lat,lon>',
    description: 'the place that "here" stands for, degrees north and east: 51.95,4.05 or 60N,5W',
    schema: filled.optional(),
  },
  sites: {
    flag: '--sites <file>',
    description: 'places that "here" stands for, a CSV file with columns name, lat, lon',
    schema: path.optional(),
  },
  site: {
    flag: '--site <name>',
    description: 'the one of --sites that is drawn',
    schema: filled.optional(),
  },
  quantities: {
    flag: '--quantities <names>',
    description: 'what is drawn, from the top: wind,t2m,msl (default: the first four that a forecast holds)',
    schema: list.optional(),
  },
  minimumMembers: {
    flag: '--minimum-members <n>',
    description: 'members that an answer needs; what fewer say is refused',
    schema: whole('minimum members', 1).default(10),
  },
  interval: {
    flag: '--interval <method>',
    description: 'sampling interval of a probability, 95 %: wilson or jeffreys',
    schema: z.enum(['wilson', 'jeffreys']).default('wilson'),
  },
  annual: {
    flag: '--annual',
    description:
      'return levels of years beside those of the window: largest values of every whole year of --archive, which is read from end to end',
    schema: z.boolean().default(false),
  },
  arrow: {
    flag: '--arrow <file>',
    description: 'all answers as an Arrow file: tidy rows, or the fields of a map',
    schema: path.optional(),
  },
  csv: { flag: '--csv <file>', description: 'all answers as a CSV file', schema: path.optional() },
  map: {
    flag: '--map <file>',
    description: 'ask at every grid point, and draw the probabilities: an SVG file',
    schema: path.optional(),
  },
  figure: {
    flag: '--figure <file>',
    description: 'the curves drawn: an SVG file',
    schema: path.optional(),
  },
  tracker: {
    flag: '--tracker <name>',
    description:
      'how cyclones are followed: ecmwf, tempest or vitart (tropical), lows (outside the tropics); docs/cyclones.md',
    schema: filled.default('ecmwf'),
  },
  set: {
    flag: '--set <name=value>',
    description:
      'a threshold of the tracker, such as minimumHours=24 (docs/cyclones.md has them all); may be repeated',
    schema: texts,
    repeatable: true,
  },
  match: {
    flag: '--match <km>',
    description:
      'mean distance below which tracks of two members are one storm (default: 300, or the spacing of a coarser grid)',
    schema: kilometres('match').optional(),
  },
  best: {
    flag: '--best <file>',
    description: 'best tracks to score the forecast against: HURDAT2, IBTrACS, ATCF, …; may be repeated',
    schema: texts,
    repeatable: true,
  },
  strike: {
    flag: '--strike <lat,lon[,km]>',
    description:
      'place for which the probability of a cyclone near by is told: 25.8N,80.2W or 25.8,-80.2,200; may be repeated',
    schema: texts,
    repeatable: true,
  },
  radius: {
    flag: '--radius <km>',
    description: 'how near a cyclone passes to strike a place',
    schema: kilometres('radius').default(120),
  },
  strict: {
    flag: '--strict',
    description: 'stop at the first malformed row of a track file, in place of leaving it out',
    schema: z.boolean().default(false),
  },
  asked: {
    flag: '--asked <members>',
    description:
      'members that were asked, where a file of tracks names those alone that have a storm: 1-50 or 0,1,2',
    schema: filled.optional(),
  },
  trackFormat: {
    flag: '--track-format <name>',
    description: 'format of the track files where they do not tell by themselves: hurdat2, atcf, …',
    schema: filled.optional(),
  },
  maps: {
    flag: '--maps <file>',
    description:
      'maps of all cyclones as an Arrow file: strike probability, activity by wind, track density, genesis',
    schema: path.optional(),
  },
  mapSpacing: {
    flag: '--map-spacing <degrees>',
    description:
      'grid of these maps, and of the reliability of strikes: the region of the tracks at this spacing (default: the run’s grid; of files of tracks 1)',
    schema: degreesApart.optional(),
  },
  figures: {
    flag: '--figures <dir>',
    description:
      'directory for pictures of the storms: tracks, strike probability, cone, intensity, activity and density; SVG files',
    schema: path.optional(),
  },
  forecastUnit: {
    flag: '--forecast-unit <name=unit...>',
    description: 'unit of a variable (or of leads) of forecast files that state none, or a wrong one: pr=mm',
    schema: list.default([]),
  },
  memberDimension: {
    flag: '--member-dimension <name>',
    description: 'the dimension of forecast files that counts the members, where its name does not say so',
    schema: filled.optional(),
  },
  sampleMemory: {
    flag: '--sample-memory <MiB>',
    description:
      'memory for the states of a training; a longer period is streamed from the archive (default: a quarter of what is free, at most 1024)',
    schema: whole('sample memory', 1).optional(),
  },
  regions: {
    flag: '--regions <names>',
    description:
      'where to score beside the whole domain: nh, sh, tropics, europe, …, land, sea, NAME=N/S/W/E, NAME=stations.csv',
    schema: list.optional(),
  },
  mask: {
    flag: '--mask <file>',
    description:
      'land-sea mask for the regions land and sea: FILE or FILE:VARIABLE (default: lsm of the archive)',
    schema: path.optional(),
  },
  seasons: {
    flag: '--seasons',
    description: 'score the seasons of the valid time apart too, those with five starts or more',
    schema: z.boolean().default(false),
  },
  diagrams: {
    flag: '--diagrams <which>',
    description:
      'channels whose rank histograms, reliability, ROC, value and spectra are kept: headline or all (default: all of up to four)',
    schema: z.enum(['headline', 'all']).optional(),
  },
  thresholds: {
    flag: '--thresholds <events>',
    description:
      'events to score, above a percentile of climatology or a number of a channel: p90,msl=100500; none (default: p10,p33,p67,p90 where climatology is fitted)',
    schema: list.optional(),
  },
  nanPolicy: {
    flag: '--nan-policy <policy>',
    description:
      'missing values: raise stops, omit uses what is there, propagate leaves scores of the start out (not in training)',
    schema: z.enum(['raise', 'omit', 'propagate']).default('raise'),
  },
  regrid: {
    flag: '--regrid <method>',
    description: 'bring the archive onto the grid of the forecasts: bilinear or conservative',
    schema: z.enum(['bilinear', 'conservative']).optional(),
  },
  verifyWith: {
    flag: '--verify-with <file...>',
    description:
      'archive of the truth: each start is scored as soon as it is made, and plume verify reads no member again',
    schema: z.union([z.array(path).min(1), path.transform((one) => [one])]).optional(),
  },
  layers: {
    flag: '--layers <patterns>',
    description:
      'weights of the model to make random, by name: comma-separated, * for any characters, !PATTERN takes away (see --list)',
    schema: list.optional(),
  },
  list: {
    flag: '--list',
    description: 'print the layers of the model and stop',
    schema: z.boolean().default(false),
  },
  fit: {
    flag: '--fit <how>',
    description:
      'variational: a width for each weight, by gradient; scales: a scale for each layer, by search; auto: the first where it can be',
    schema: z.enum(['auto', 'variational', 'scales']).default('auto'),
  },
  scale: {
    flag: '--scale <s>',
    description: 'width of each weight to begin with, relative to the size of its layer (default: 0.05)',
    schema: z.coerce
      .number({ error: scaleError })
      .gt(0, { error: scaleError })
      .max(1, { error: scaleError })
      .optional(),
  },
  inputOrder: {
    flag: '--input-order <channels...>',
    description:
      'channels of each input of the model, in its order: msl,z500 or NAME=z,t@1000,850 (default: as the archive has them)',
    schema: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
  },
  normalised: {
    flag: '--normalised [file]',
    description:
      'the model takes and gives normalised numbers: by JSON file of mean and deviation, or those of the training period',
    schema: z.union([z.boolean(), path]).default(false),
  },
  output: {
    flag: '--output <what>',
    description: 'what the model gives: the next state, or the increment to it',
    schema: z.enum(['state', 'increment']).default('state'),
  },
  modelStep: {
    flag: '--model-step <period>',
    description: 'time step of the model, such as 6h (default: that of the archive)',
    schema: z.string().optional(),
  },
  trials: {
    flag: '--trials <n>',
    description: 'most posteriors that a search tries on the validation period',
    schema: whole('trials', 1).default(40),
  },
  fitSteps: {
    flag: '--fit-steps <n>',
    description: 'steps of the variational fit',
    schema: whole('fit-steps', 1).default(300),
  },
  beta: {
    flag: '--beta <b>',
    description:
      'what the divergence from the prior counts in the variational fit: 1 is Bayes’ rule, less is colder',
    schema: z.coerce.number({ error: betaError }).min(0, { error: betaError }).default(1e-4),
  },
  checksums: {
    flag: '--checksums',
    description: 'read every file of the run and compare its checksum',
    schema: z.boolean().default(false),
  },
} as const satisfies Record<string, OptionDefinition>;

const optionsSchema = z.strictObject({
  archive: definitions.archive.schema,
  variables: definitions.variables.schema,
  unit: definitions.unit.schema,
  model: definitions.model.schema,
  out: definitions.out.schema,
  train: definitions.train.schema,
  validate: definitions.validate.schema,
  preset: definitions.preset.schema,
  network: definitions.network.schema,
  history: definitions.history.schema,
  constants: definitions.constants.schema,
  components: definitions.components.schema,
  years: definitions.years.schema,
  days: definitions.days.schema,
  truncation: definitions.truncation.schema,
  levels: definitions.levels.schema,
  step: definitions.step.schema,
  modelLevels: definitions.modelLevels.schema,
  starts: definitions.starts.schema,
  members: definitions.members.schema,
  uncertainty: definitions.uncertainty.schema,
  deterministic: definitions.deterministic.schema,
  every: definitions.every.schema,
  store: definitions.store.schema,
  analysisError: definitions.analysisError.schema,
  perturb: definitions.perturb.schema,
  initial: definitions.initial.schema,
  initialStates: definitions.initialStates.schema,
  lead: definitions.lead.schema,
  seed: definitions.seed.schema,
  device: definitions.device.schema,
  backend: definitions.backend.schema,
  stage: definitions.stage.schema,
  posterior: definitions.posterior.schema,
  workers: definitions.workers.schema,
  batch: definitions.batch.schema,
  sampleMemory: definitions.sampleMemory.schema,
  checkpoint: definitions.checkpoint.schema,
  references: definitions.references.schema,
  seasonless: definitions.seasonless.schema,
  start: definitions.start.schema,
  event: definitions.event.schema,
  curve: definitions.curve.schema,
  at: definitions.at.schema,
  sites: definitions.sites.schema,
  site: definitions.site.schema,
  quantities: definitions.quantities.schema,
  minimumMembers: definitions.minimumMembers.schema,
  interval: definitions.interval.schema,
  annual: definitions.annual.schema,
  arrow: definitions.arrow.schema,
  csv: definitions.csv.schema,
  map: definitions.map.schema,
  figure: definitions.figure.schema,
  tracker: definitions.tracker.schema,
  set: definitions.set.schema,
  match: definitions.match.schema,
  best: definitions.best.schema,
  strike: definitions.strike.schema,
  radius: definitions.radius.schema,
  strict: definitions.strict.schema,
  asked: definitions.asked.schema,
  trackFormat: definitions.trackFormat.schema,
  maps: definitions.maps.schema,
  mapSpacing: definitions.mapSpacing.schema,
  figures: definitions.figures.schema,
  forecastUnit: definitions.forecastUnit.schema,
  memberDimension: definitions.memberDimension.schema,
  regions: definitions.regions.schema,
  mask: definitions.mask.schema,
  seasons: definitions.seasons.schema,
  diagrams: definitions.diagrams.schema,
  thresholds: definitions.thresholds.schema,
  nanPolicy: definitions.nanPolicy.schema,
  regrid: definitions.regrid.schema,
  verifyWith: definitions.verifyWith.schema,
  layers: definitions.layers.schema,
  list: definitions.list.schema,
  fit: definitions.fit.schema,
  scale: definitions.scale.schema,
  inputOrder: definitions.inputOrder.schema,
  normalised: definitions.normalised.schema,
  output: definitions.output.schema,
  modelStep: definitions.modelStep.schema,
  trials: definitions.trials.schema,
  fitSteps: definitions.fitSteps.schema,
  beta: definitions.beta.schema,
  checksums: definitions.checksums.schema,
});

export type Options = z.output<typeof optionsSchema>;
export type OptionName = keyof Options;

/**
 * Flags of a command for commander, with their defaults told in words.
 * @param wording of options that mean something of their own to the command
 */
export function commanderOptions(
  names: readonly OptionName[],
  wording: Readonly<Partial<Record<OptionName, string>>> = {},
): Option[] {
  return names.map((name) => {
    const { flag, description: usual, repeatable }: OptionDefinition = definitions[name];
    const description = wording[name] ?? usual;
    const preset = optionsSchema.shape[name].safeParse(undefined).data;
    const shown = preset === undefined || preset === false || (Array.isArray(preset) && preset.length === 0);
    const option = new Option(flag, shown ? description : `${description} (default: ${String(preset)})`);
    return repeatable === undefined
      ? option
      : option.argParser((value: string, earlier: readonly string[] = []) => [...earlier, value]);
  });
}

/**
 * Merges flags over a configuration file over defaults, and keeps the options a command knows.
 * @throws {PlumeError} usage, naming the option, what was found and what is allowed; data for a missing file
 */
export async function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  flags: Readonly<Record<string, unknown>>,
  configFile: string | undefined,
): Promise<Pick<Options, Name>> {
  const fromFile = configFile === undefined ? {} : await readConfig(configFile);
  const given = Object.fromEntries(names.filter((name) => name in flags).map((name) => [name, flags[name]]));
  const input: Readonly<Record<string, unknown>> = { ...fromFile, ...given };
  const parsed = optionsSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const [key] = issue.path;
      if (key === undefined) return issue.message;
      // Of a flag that comes several times, the one at fault.
      const value = issue.path.reduce<unknown>(
        (inside, part) => (inside as typeof input)?.[String(part)],
        input,
      );
      const found = `--${flagOf(String(key))} ${JSON.stringify(value) ?? ''}`.trimEnd();
      return issue.code === 'invalid_value'
        ? `${found} is none of ${issue.values.join(', ')}`
        : `${found}: ${issue.message}`;
    });
    const source = configFile === undefined ? '' : ` (flags and ${configFile})`;
    throw usageError(`${problems.join('; ')}${source}; plume --help lists the options`);
  }
  const known = parsed.data;
  return Object.fromEntries(names.map((name) => [name, known[name]])) as Pick<Options, Name>;
}

/** 'analysisError' → 'analysis-error' */
function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Names of the options that flags or a configuration file give a value. */
export async function givenOptions(
  flags: Readonly<Record<string, unknown>>,
  configFile: string | undefined,
): Promise<ReadonlySet<string>> {
  const fromFile = configFile === undefined ? {} : await readConfig(configFile);
  return new Set([...Object.keys(flags), ...Object.keys(fromFile)]);
}

async function readConfig(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw toPlumeError(error, `configuration "${file}"`);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw usageError(`configuration "${file}" is not JSON: ${(error as Error).message}`, { cause: error });
  }
  throw usageError(`configuration "${file}" must be a JSON object of options, such as {"members": "8x6"}`);
}
