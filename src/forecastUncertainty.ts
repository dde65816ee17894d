/**
 * Which uncertainty a forecast has, and who its members are where nobody says: as many for each choice, so that their
 * scores can be compared.
 */
import { usageError } from '../core/errors.js';
import { memberCount, type NestedDesign, parseDesign } from '../ensembles/design.js';
import type { ModelSource } from '../models/source.js';
import { hasNoise, hasWeightSamples, type Uncertainty } from '../models/uncertainty.js';
import { schemes } from '../perturbations/parameters.js';
import { type PerturbationRequest, parsePerturbations } from '../perturbations/parse.js';
import type { Options } from './options.js';

type Choices = Pick<Options, 'deterministic' | 'uncertainty' | 'members'>;

/** Said in one line of a forecast's report. */
export const uncertaintyWords: Readonly<Record<Uncertainty, string>> = {
  hybrid: 'weights drawn from the posterior, noise at every step',
  epistemic: 'weights drawn from the posterior, no noise',
  aleatoric: 'the mean weights for all members, noise at every step',
  none: 'the mean weights for all members, no noise',
};

/**
 * @returns undefined: what the model has to offer
 * @throws {PlumeError} usage, for --deterministic with another uncertainty than none
 */
export function chosenUncertainty({
  deterministic,
  uncertainty,
}: Pick<Choices, 'deterministic' | 'uncertainty'>): Uncertainty | undefined {
  if (!deterministic) return uncertainty;
  if (uncertainty === undefined || uncertainty === 'none') return 'none';
  throw usageError(
    `--deterministic has no uncertainty, --uncertainty ${uncertainty} asks for one; leave one of them out`,
  );
}

/**
 * What members are perturbed by, in its order: what --perturb names and, before it, differences of states of the amplitude
 * of --initial; where neither says how members start, of that of the analysis error.
 * @throws {PlumeError} usage, for what cannot be read, or contradicts --deterministic
 */
export async function askedPerturbations({
  deterministic,
  perturb,
  initial,
  analysisError = 0,
}: Pick<Options, 'deterministic' | 'initial' | 'analysisError'> & {
  readonly perturb?: readonly string[];
}): Promise<PerturbationRequest[]> {
  const named = await parsePerturbations(perturb ?? []);
  if (deterministic) {
    const flag = named.length > 0 ? '--perturb' : '--initial';
    if (named.length === 0 && !(initial !== undefined && initial > 0)) return [];
    throw usageError(`--deterministic starts its only member from the analysis itself; leave out ${flag}`);
  }
  const amplitude = initial ?? (named.some(startsApart) ? 0 : analysisError);
  if (amplitude === 0) return named;
  return [...(await parsePerturbations([`state-difference:amplitude=${amplitude}`])), ...named];
}

function startsApart({ kind }: PerturbationRequest): boolean {
  return schemes[kind].at === 'start';
}

/**
 * K × J of a forecast.
 * @param perturbations of its members; those of every step count as noise
 * @throws {PlumeError} usage, when members would be copies of each other
 */
export function chosenDesign(
  options: Choices,
  source: ModelSource,
  perturbations: readonly Pick<PerturbationRequest, 'kind'>[],
): NestedDesign {
  const { members, deterministic } = options;
  if (deterministic) {
    const design = parseDesign(members ?? '1x1');
    if (memberCount(design) === 1) return design;
    throw usageError(`--deterministic is one forecast a start; leave out --members ${members}`);
  }
  if (source.kind === 'nature') return parseDesign(members ?? '1x48');
  const uncertainty = source.uncertainty ?? 'hybrid';
  const weights = hasWeightSamples(uncertainty);
  const apart = perturbations.some(({ kind }) => schemes[kind].at === 'start');
  const noise = hasNoise(uncertainty) || perturbations.some(({ kind }) => schemes[kind].at === 'step');
  const design = parseDesign(members ?? defaultMembers({ weights, noise, apart }));
  const copies = weights ? design.noiseStreams : memberCount(design);
  if (!noise && !apart && copies > 1) {
    const single = weights ? `${memberCount(design)}x1` : '1x1';
    throw usageError(
      `--members ${members} with --uncertainty ${uncertainty}: without noise, ${copies} members ` +
        `${weights ? 'of each weight sample ' : ''}would be the same; use --members ${single}, ` +
        'or let them start apart with --initial 0.1, or perturb their steps with --perturb sppt',
    );
  }
  return design;
}

function defaultMembers({
  weights,
  noise,
  apart,
}: {
  readonly weights: boolean;
  readonly noise: boolean;
  readonly apart: boolean;
}): string {
  if (weights) return noise ? '8x6' : '48x1';
  return noise || apart ? '1x48' : '1x1';
}
