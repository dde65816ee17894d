/** Posteriors by kind: the one place that knows which file opens what, and which tensors it needs. */
import { dataError } from '../../../core/errors.js';
import type { Tensors } from '../../../core/store/tensorFile.js';
import type { Shape } from '../../graph/graph.js';
import type { Network } from '../networks/network.js';
import type { PosteriorDescription } from './description.js';
import { openDropout } from './dropout.js';
import { openLastLayerLaplace } from './lastLayerLaplace.js';
import { openMeanField } from './meanField.js';
import { mixture, tempered } from './mixture.js';
import { meanShapes, openPoint } from './point.js';
import type { Posterior } from './posterior.js';
import { openRankOne, rankOneShapes } from './rankOne.js';
import { openSwag } from './swag.js';

/** What of a network a posterior needs to know. */
export type PosteriorNetwork = Pick<Network, 'parameters' | 'hiddenRows' | 'isRandom' | 'outputLayer'>;

/**
 * The distribution that a model draws its weights from.
 * @param components tensors "<part>.<parameter>" of each component, as `posteriorTensors` lists them
 */
export function openPosterior(
  description: PosteriorDescription,
  components: readonly Tensors[],
  network: PosteriorNetwork,
): Posterior {
  return mixture(components.map((tensors) => openComponent(description, tensors, network)));
}

function openComponent(
  description: PosteriorDescription,
  tensors: Tensors,
  network: PosteriorNetwork,
): Posterior {
  switch (description.kind) {
    case 'point':
      return openPoint(tensors);
    case 'mean-field':
      return tempered(openMeanField(tensors), description.scale);
    case 'rank-one':
      return tempered(openRankOne(tensors), description.scale);
    case 'dropout':
      return tempered(openDropout(tensors, network, description.rate), description.scale);
    case 'swag':
      return tempered(openSwag(tensors), description.scale);
    case 'last-layer-laplace':
      return tempered(openLastLayerLaplace(tensors), description.scale);
  }
}

export interface PosteriorTensors {
  readonly required: ReadonlyMap<string, Shape>;
  /** Checked where they are there. */
  readonly optional: ReadonlyMap<string, Shape>;
}

/** Shapes of the tensors of one component, "<part>.<parameter>". */
export function posteriorTensors(
  description: PosteriorDescription,
  network: PosteriorNetwork,
): PosteriorTensors {
  const means = meanShapes(network);
  const nothing = new Map<string, Shape>();
  switch (description.kind) {
    case 'point':
    case 'dropout':
      return { required: means, optional: nothing };
    case 'rank-one':
      return { required: rankOneShapes(network), optional: nothing };
    case 'mean-field': {
      // a parameter without ρ is not random
      const rhos = [...network.parameters].map(([name, shape]): [string, Shape] => [`rho.${name}`, shape]);
      return { required: means, optional: new Map(rhos) };
    }
    case 'swag': {
      // a parameter without deviations is not random
      const deviations = [...network.parameters].flatMap(([name, shape]): [string, Shape][] => [
        [`variance.${name}`, shape],
        [`deviations.${name}`, [description.rank, ...shape]],
      ]);
      return { required: means, optional: new Map(deviations) };
    }
    case 'last-layer-laplace': {
      const [name, shape] = lastMatrix(network);
      const widths: [string, Shape][] = [
        [`width.${name}`, shape],
        [`block.${name}`, [shape[1] ?? 1]],
      ];
      // the number of bases is that of the blocks of columns: checked where they are opened
      return { required: new Map([...means, ...widths]), optional: nothing };
    }
  }
}

/** @throws {PlumeError} data, when the outputs are linear in no matrix */
function lastMatrix({ outputLayer, parameters }: PosteriorNetwork): readonly [string, Shape] {
  const name = outputLayer?.parameter;
  const shape = name === undefined ? undefined : parameters.get(name);
  if (name !== undefined && shape !== undefined) return [name, shape];
  throw dataError(
    'posterior "last-layer-laplace": the outputs of this kind of network are linear in no matrix; train another posterior',
  );
}
