/**
 * What is compared, at equal numbers of members: every scheme of perturbing, alone and with others. An arm has one
 * candidate for each amplitude that may be chosen; those that go with the best initial perturbation are made once that is
 * known.
 */
import type { Uncertainty } from '../../../models/uncertainty.js';
import type { StudiedModel, Study } from './study.js';

/** One amplitude of an arm. */
export interface Candidate {
  /** As tables show it; '' where there is nothing to choose. */
  readonly amplitude: string;
  /** Of --perturb, in order; the model's own noise is not named. */
  readonly perturb: readonly string[];
}

export type ArmKind = 'start' | 'step' | 'weights' | 'both';

export interface Arm {
  readonly name: string;
  readonly title: string;
  readonly kind: ArmKind;
  readonly uncertainty: Uncertainty;
  /** K×J. */
  readonly members: string;
  readonly candidates: readonly Candidate[];
}

export interface Trial extends Candidate {
  /** Mean of ln CRPS on the validation starts over leads and channels; NaN where there was nothing to choose. */
  readonly meanLogCrps: number;
}

export interface ChosenArm {
  readonly arm: Arm;
  readonly trials: readonly Trial[];
  readonly chosen: Trial;
}

/** On a grid whose points lie 625 km apart nothing shorter can be drawn. */
const shortestKm = 650;
const shares = [0.05, 0.1, 0.2];
const spptSigma = [0.52, 0.18, 0.06];

/** Arms that need no other: what members start with, what every step is perturbed by, weights. */
export function plainArms(study: Study, model: StudiedModel, errors: string): Arm[] {
  const { members } = study;
  const streams = `1x${members}`;
  const start = (name: string, title: string, candidates: readonly Candidate[], design = streams): Arm => ({
    ...{ name, title, kind: 'start', uncertainty: 'none', members: design, candidates },
  });
  const share = (specification: string, amplitudes: readonly number[] = shares): Candidate[] =>
    amplitudes.map((amplitude) => ({
      amplitude: `α ${amplitude}`,
      perturb: [withParameter(specification, `amplitude=${amplitude}`)],
    }));
  const lags = lagsOf(model, members);
  const every: Arm[] = [
    start('white', 'white noise', share('white', [0.1, 0.2, 0.4])),
    start('red', 'red noise', share('red')),
    start('spherical-gaussian', 'spherical Gaussian noise', share('spherical-gaussian')),
    start('perlin', 'Perlin noise', share('perlin')),
    start('state-difference', 'state differences', share('state-difference')),
    start(
      'lagged',
      `lagged forecasts${lags.length + 1 === members ? '' : ` (${lags.length + 1} members)`}`,
      share(`lagged:lags-hours=${lags.join('/')}`, [0.25, 0.5, 1]),
      `1x${lags.length + 1}`,
    ),
    start('balanced', 'balanced flows', share(`balanced:length-km=${shortestKm}`)),
    start(
      'bred',
      'bred vectors',
      share(`bred:errors=${errors},seed-length-km=${shortestKm}`, [0.35, 0.7, 1.4]),
    ),
    ...['sppt', 'skeb'].map(
      (scheme): Arm => ({
        ...{ name: scheme, title: stepTitles[scheme] ?? scheme, kind: 'step', uncertainty: 'none' },
        members: streams,
        candidates: stepCandidates(model, scheme, 'alone'),
      }),
    ),
  ];
  if (model.name === 'dycore') return every;
  const noise = (name: string, title: string, specification: string): Arm => ({
    ...{ name, title, kind: 'step', uncertainty: 'aleatoric', members: streams },
    candidates: [1, 1.5, 2].map((factor) => ({
      amplitude: `× ${factor}`,
      perturb: [withParameter(specification, `factor=${factor}`)],
    })),
  });
  const side = Math.round(Math.sqrt(members));
  const asTrained = [{ amplitude: '', perturb: [] }];
  return [
    ...every,
    noise('noise', 'learned noise', 'noise'),
    noise('balanced-noise', 'learned noise, balanced', 'noise:balance=linear'),
    {
      ...{ name: 'weights', title: 'weights', kind: 'weights', uncertainty: 'epistemic' },
      ...{ members: `${members}x1`, candidates: asTrained },
    },
    {
      ...{ name: 'hybrid', title: 'weights and learned noise', kind: 'both', uncertainty: 'hybrid' },
      ...{ members: `${side}x${side}`, candidates: asTrained },
    },
  ];
}

/** Arms of the initial perturbation that was best, at its amplitude, with what perturbs steps. */
export function joinedArms(study: Study, model: StudiedModel, best: Arm, chosen: Candidate): Arm[] {
  const joined = (name: string, uncertainty: Uncertainty, members: string, steps: Candidate[]): Arm => ({
    name: `best-${name}`,
    title: `${best.title} and ${stepTitles[name] ?? name}`,
    kind: 'both',
    uncertainty,
    members,
    candidates: steps.map(({ amplitude, perturb }) => ({
      amplitude: [chosen.amplitude, amplitude].filter((text) => text !== '').join(', '),
      perturb: [...chosen.perturb, ...perturb],
    })),
  });
  const steps = ['sppt', 'skeb'].map((scheme) =>
    joined(scheme, 'none', best.members, stepCandidates(model, scheme, 'joined')),
  );
  if (model.name === 'dycore') return steps;
  const side = Math.round(Math.sqrt(study.members));
  return [...steps, joined('hybrid', 'hybrid', `${side}x${side}`, [{ amplitude: '', perturb: [] }])];
}

const stepTitles: Readonly<Record<string, string>> = {
  sppt: 'perturbed tendencies',
  skeb: 'backscatter',
  hybrid: 'weights and learned noise',
};

/** Shares of sppt-ifs' σ. What of these is too much for a model shows on the validation starts, and is not chosen. */
const spptShares = {
  network: { alone: [0.25, 0.5, 1], joined: [0.1, 0.25, 0.5] },
  dycore: { alone: [0.1, 0.2, 0.35], joined: [0.05, 0.1, 0.2] },
} as const;
const skebRates = { alone: ['1e-5', '3e-5', '1e-4'], joined: ['1e-6', '3e-6', '1e-5'] } as const;

/** What has to make all the spread is tried larger than what goes with an initial perturbation. */
function stepCandidates({ name }: StudiedModel, scheme: string, how: 'alone' | 'joined'): Candidate[] {
  if (scheme === 'skeb') {
    return skebRates[how].map((rate) => ({ amplitude: `${rate} m² s⁻³`, perturb: [`skeb:rate=${rate}`] }));
  }
  return spptShares[name][how].map((share) => ({
    amplitude: `σ × ${share}`,
    perturb: [
      `sppt-ifs:sigma=${spptSigma.map((sigma) => Number((sigma * share).toPrecision(3))).join('/')},` +
        `length-km=${shortestKm}/1000/2000`,
    ],
  }));
}

/** As many lags as give each member one of its own, up to four days; a model of daily steps has fewer. */
function lagsOf({ stepHours }: StudiedModel, members: number): number[] {
  const count = Math.min(members - 1, Math.floor(96 / stepHours));
  return Array.from({ length: count }, (_, i) => (i + 1) * stepHours);
}

function withParameter(specification: string, parameter: string): string {
  return `${specification}${specification.includes(':') ? ',' : ':'}${parameter}`;
}

/** Flags of plume forecast. */
export function flagsOf(model: StudiedModel, arm: Arm, { perturb }: Candidate): string[] {
  return [
    ...['--members', arm.members],
    ...(model.name === 'dycore' ? [] : ['--uncertainty', arm.uncertainty]),
    // what members start with is said by --perturb alone
    ...['--initial', '0'],
    ...perturb.flatMap((specification) => ['--perturb', specification]),
  ];
}
