/**
 * Which uncertainty a forecast has, and who its members are where nobody says: as many for each choice, so that their
 * scores can be compared.
 */
import { usageError } from '../core/errors.js';
import { memberCount, type NestedDesign, parseDesign } from '../ensembles/design.js';
import { hasNoise, hasWeightSamples, type ModelSource, type Uncertainty } from '../models/source.js';
import type { Options } from './options.js';

type Choices = Pick<Options, 'deterministic' | 'uncertainty' | 'members' | 'initial' | 'analysisError'>;

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

/** Amplitude of the perturbations that members start with, as a share of climatological spread. */
export function memberAmplitude({
  deterministic,
  initial,
  analysisError = 0,
}: Pick<Choices, 'deterministic' | 'initial' | 'analysisError'>): number {
  return deterministic ? 0 : (initial ?? analysisError);
}

/**
 * K × J of a forecast.
 * @throws {PlumeError} usage, when members would be copies of each other
 */
export function chosenDesign(options: Choices, source: ModelSource): NestedDesign {
  const { members, deterministic } = options;
  if (deterministic) {
    const design = parseDesign(members ?? '1x1');
    if (memberCount(design) === 1) return design;
    throw usageError(`--deterministic is one forecast a start; leave out --members ${members}`);
  }
  const apart = memberAmplitude(options) > 0;
  if (source.kind === 'nature') return parseDesign(members ?? '1x48');
  const uncertainty = source.uncertainty ?? 'hybrid';
  const design = parseDesign(members ?? defaultMembers(uncertainty, apart));
  const copies = hasWeightSamples(uncertainty) ? design.noiseStreams : memberCount(design);
  if (!hasNoise(uncertainty) && !apart && copies > 1) {
    const single = hasWeightSamples(uncertainty) ? `${memberCount(design)}x1` : '1x1';
    throw usageError(
      `--members ${members} with --uncertainty ${uncertainty}: without noise, ${copies} members ` +
        `${hasWeightSamples(uncertainty) ? 'of each weight sample ' : ''}would be the same; use --members ${single}, ` +
        'or let them start apart with --initial 0.1',
    );
  }
  return design;
}

function defaultMembers(uncertainty: Uncertainty, apart: boolean): string {
  switch (uncertainty) {
    case 'hybrid':
      return '8x6';
    case 'epistemic':
      return '48x1';
    case 'aleatoric':
      return '1x48';
    case 'none':
      return apart ? '1x48' : '1x1';
  }
}
