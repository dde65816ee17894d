/** The perturbations there are, by the plain data that names them. */
import { isPlumeError, PlumeError } from '../core/errors.js';
import type { InitialPerturbation, StepPerturbation } from '../core/interfaces.js';
import { createBalancedField } from './initial/balancedField.js';
import { createBredVectors } from './initial/bredVectors.js';
import { createLaggedAnalyses } from './initial/laggedAnalyses.js';
import { createPerlin } from './initial/perlin.js';
import { createRedNoise } from './initial/redNoise.js';
import { createSphericalGaussian } from './initial/sphericalGaussian.js';
import { createStateDifference } from './initial/stateDifference.js';
import { createWhiteNoise } from './initial/whiteNoise.js';
import type { InitialSource, PerturbationContext, PerturbationSource, StepSource } from './source.js';
import { createBackscatter } from './steps/backscatter.js';
import { createLearnedNoise } from './steps/learnedNoise.js';
import { createSppt } from './steps/sppt.js';

/**
 * @param sources in their order: the place of each is part of its draws
 * @param which those to create (default: all); the others keep their places
 * @throws {PlumeError} usage, for parameters that do not fit the model
 */
export function createInitialPerturbations(
  sources: readonly InitialSource[],
  context: PerturbationContext,
  which: (source: InitialSource) => boolean = () => true,
): InitialPerturbation[] {
  return sources.flatMap((source, place) =>
    which(source) ? [named(source, () => createInitial(source, context, place))] : [],
  );
}

/** @throws {PlumeError} usage, for parameters that do not fit the model */
export function createStepPerturbations(
  sources: readonly StepSource[],
  context: PerturbationContext,
): StepPerturbation[] {
  return sources.map((source) => named(source, () => createStep(source, context)));
}

/** What does not fit says which of a list it is of. */
function named<Created>({ kind }: PerturbationSource, create: () => Created): Created {
  try {
    return create();
  } catch (error) {
    if (!isPlumeError(error) || error.message.startsWith(kind)) throw error;
    throw new PlumeError(error.tag, `${kind}: ${error.message}`, { cause: error });
  }
}

function createInitial(
  source: InitialSource,
  context: PerturbationContext,
  place: number,
): InitialPerturbation {
  switch (source.kind) {
    case 'white':
      return createWhiteNoise(source, context, place);
    case 'red':
      return createRedNoise(source, context, place);
    case 'spherical-gaussian':
      return createSphericalGaussian(source, context, place);
    case 'perlin':
      return createPerlin(source, context, place);
    case 'state-difference':
      return createStateDifference(source, context, place);
    case 'lagged':
      return createLaggedAnalyses(source, context);
    case 'balanced':
      return createBalancedField(source, context, place);
    case 'bred':
      return createBredVectors(source, context, place);
  }
}

function createStep(source: StepSource, context: PerturbationContext): StepPerturbation {
  switch (source.kind) {
    case 'noise':
      return createLearnedNoise(source, context);
    case 'sppt':
      return createSppt(source, context);
    case 'skeb':
      return createBackscatter(source, context);
  }
}
