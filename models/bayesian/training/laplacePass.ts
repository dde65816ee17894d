/**
 * The epistemic stage of last-layer Laplace: no gradient, one pass over training samples. The features that the last
 * matrix is multiplied with and the residuals of one step are summed, and the posterior of the matrix follows in closed
 * form (posteriors/lastLayerLaplace.ts). It lies under "fixed." then, its temperature and prior precision under
 * "laplace.fit". The pass is short and not checkpointed: stopped, it begins again.
 */
import { interruptedError, usageError } from '../../../core/errors.js';
import { timeTerms } from '../../../core/season.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import { GraphBuilder } from '../../graph/builder.js';
import { elements, type Graph, type Shape, type Value } from '../../graph/graph.js';
import type { Network, OutputLayer } from '../networks/network.js';
import { LaplaceAccumulator } from '../posteriors/laplaceAccumulator.js';
import { fitLastLayerLaplace } from '../posteriors/lastLayerLaplace.js';
import { partOf } from '../posteriors/parts.js';
import type { Checkpoint } from './checkpoint.js';
import type { StagePlace } from './stageRun.js';
import { stageSteps } from './stages.js';
import { fillBatch } from './trainingBatch.js';
import type { TrainingRequest } from './trainingRequest.js';

/** Name of [temperature, prior precision] among the tensors of a training. */
export const laplaceFitName = 'laplace.fit';

/**
 * One step without dropout: features [rows, in] and residuals [B, n], truth − forecast, in units of each channel's scale.
 * Inputs: data, and "mean.<parameter>".
 */
export function buildFeatures(
  network: Network,
  batch: number,
): { readonly graph: Graph; readonly data: ReadonlyMap<string, Shape> } {
  const b = new GraphBuilder();
  const data = new Map<string, Shape>();
  const dataInput = (name: string, shape: Shape): Value => {
    data.set(name, shape);
    return b.input(name, shape);
  };
  const weights = new Map(
    [...network.parameters].map(([name, shape]) => [
      name,
      b.reshape(b.input(`mean.${name}`, shape), [1, ...shape]),
    ]),
  );
  const n = network.stateLength;
  const states = Array.from({ length: network.historyLength }, (_, back) =>
    b.reshape(dataInput(`state.${back}`, [batch, n]), [1, batch, n]),
  );
  const season = dataInput('season.0', [batch, timeTerms(network)]);
  const { increment, features } = network.forward(b, weights, { history: states, season, features: true });
  const [newest = increment] = states;
  const forecast = b.reshape(b.add(newest, increment), [batch, n]);
  b.output('residuals', b.sub(dataInput('truth.0', [batch, n]), forecast));
  if (features !== undefined) b.output('features', b.reshape(features, features.shape.slice(1)));
  return { graph: b.build(), data };
}

/** @throws {PlumeError} usage, when the network has no last matrix; interrupted, when the signal aborts */
export async function runLaplacePass(
  request: TrainingRequest,
  { stage, index, family, cost, doneBefore }: StagePlace,
  from: Checkpoint,
): Promise<Checkpoint> {
  const { network, loader, seed, posterior } = request;
  const layer = outputLayerOf(network);
  const accumulator = new LaplaceAccumulator(layer, network.parameters.get(layer.parameter) ?? []);
  const weights = new Map(
    [...family.trainable.keys()].map((name) => [name, from.tensors.get(`average.${name}`)]),
  );
  const fed = Object.fromEntries(
    [...weights].map(([name, tensor]) => [name, tensor?.values ?? new Float32Array(0)]),
  );
  const needs = { history: network.historyLength, rollout: 1 };
  let done = 0;
  for (const phase of stage.phases) {
    const built = buildFeatures(network, phase.batch);
    const executor = await request.createExecutor(built.graph);
    const buffers = new Map(
      [...built.data].map(([name, shape]) => [name, new Float32Array(elements(shape))]),
    );
    const sources = { network, loader, noise: request.noise, seed, family };
    const place = { index, stage: { ...stage, initialError: 0 }, phase: { ...phase, rollout: 1 } };
    try {
      for (let step = 0; step < phase.steps; step++) {
        const batch = await loader.batch({ seed, stage: index, step, batch: phase.batch, ...needs });
        fillBatch(sources, { ...place, step }, batch, buffers);
        const outputs = await executor.run({ ...fed, ...Object.fromEntries(buffers) });
        const residuals = await executor.read(outputs.residuals);
        accumulator.add(await executor.read(outputs.features), residuals);
        executor.dispose(Object.values(outputs));
        done++;
        const fit = residuals.reduce((sum, residual) => sum + Math.abs(residual), 0) / residuals.length;
        request.onStep({
          ...{ stage: stage.name, step: done, steps: stageSteps(stage) },
          ...{ doneFlops: doneBefore + cost.after(done), flops: cost.after(done) - cost.after(done - 1) },
          fit,
          validation: null,
        });
        if (request.signal.aborted) {
          throw interruptedError(
            `stopped in the pass of stage ${stage.name}; run the same command again to go on from the stage before`,
          );
        }
      }
    } finally {
      await executor.release();
    }
  }
  const centre = new Map<string, Tensor>(partOf(from.tensors, 'average.mean'));
  const fit = fitLastLayerLaplace(accumulator, centre, {
    temperature: posterior.laplace.temperature,
    priorPrecision: 'evidence',
    noiseVariance: 'all',
  });
  const tensors: Tensors = new Map<string, Tensor>([
    ...from.tensors,
    ...[...fit.tensors].map(([name, tensor]): [string, Tensor] => [`fixed.${name}`, tensor]),
    [laplaceFitName, { shape: [2], values: Float32Array.of(fit.temperature, fit.priorPrecision) }],
  ]);
  return { ...from, stage: index, step: stageSteps(stage), tensors };
}

function outputLayerOf(network: Network): OutputLayer {
  if (network.outputLayer !== undefined) return network.outputLayer;
  throw usageError(
    'last-layer Laplace needs a network whose outputs are linear in one matrix, and this one has none; ' +
      'choose another --posterior',
  );
}
