/** plume train: a Bayesian network from an archive, in three resumable stages. */

import { usageError } from '../../core/errors.js';
import type { GapPolicy } from '../../models/bayesian/training/gaps.js';
import { resolveBackend } from '../../models/graph/backends.js';
import { openArchiveOption } from '../archiveOption.js';
import type { CommandContext, CommandDefinition } from '../command.js';
import { isNatureArchive } from '../natureOption.js';
import type { Options } from '../options.js';
import { periodsOf } from '../periodsOption.js';
import type { ConstantFiles } from '../training/knownFields.js';
import { recipes } from '../training/recipe.js';
import { thinnedArchive } from '../training/thinnedArchive.js';
import { type TrainSummary, trainModel } from '../training/trainModel.js';

export const trainOptions = [
  'archive',
  'variables',
  'unit',
  'train',
  'validate',
  'preset',
  'network',
  'history',
  'constants',
  'posterior',
  'components',
  'stage',
  'nanPolicy',
  'sampleMemory',
  'out',
  'seed',
  'backend',
  'checkpoint',
] as const;
export type TrainOptionName = (typeof trainOptions)[number];

export const trainCommand: CommandDefinition<TrainOptionName> = {
  name: 'train',
  summary: 'train a Bayesian network on an archive, in three stages; resumes where it stopped',
  examples: [
    'plume train --archive slp.nc --out model',
    'plume train --archive slp.nc --train 2001-01-01/2005-12-31 --validate 2006-01-01/2006-12-31 --out model',
    'plume train --archive slp.nc --preset brief --out /tmp/first-look',
    'plume train --archive slp.nc --stage deterministic --out model      then --stage epistemic, --stage aleatoric',
    'plume train --archive era5.zarr --network earth-transformer --constants static.nc --history 2 --out model',
    'plume train --archive slp.nc --posterior deep-ensemble --components 8 --out ensemble',
  ],
  options: trainOptions,
  run: async (context) => {
    const summary = await train(context);
    if (!context.json && !context.report.quiet) process.stdout.write(`model in ${summary.directory}\n`);
    return summary;
  },
};

export async function train(
  context: Pick<CommandContext<TrainOptionName>, 'options' | 'report' | 'signal'>,
): Promise<TrainSummary> {
  const { options, report, signal } = context;
  const { channels, stepHours } = recipes[options.preset];
  const opened = await openArchiveOption(options, channels);
  const source =
    stepHours === undefined
      ? opened
      : { ...opened, archive: thinnedArchive(opened.archive, stepHours, opened.name) };
  try {
    const periods = periodsOf(options, source.archive.times);
    const backend = await resolveBackend(options.backend, { flushDenormals: true });
    report.line(`backend    ${backend.backend}: ${backend.why}`);
    return await trainModel({
      source,
      periods,
      preset: options.preset,
      network: {
        asked: options.network,
        ...(options.history === undefined ? {} : { history: options.history }),
      },
      constants: constantFiles(options),
      posterior: options.posterior,
      ...(options.components === undefined ? {} : { components: options.components }),
      stage: options.stage,
      gaps: gapPolicy(options.nanPolicy),
      ...(options.sampleMemory === undefined ? {} : { sampleBytes: options.sampleMemory * 2 ** 20 }),
      seed: options.seed,
      backend,
      directory: options.out ?? 'model',
      checkpointSeconds: options.checkpoint,
      report,
      signal,
    });
  } finally {
    await source.archive.close();
  }
}

/** The file that --constants names, or those of the archive; the nature run has none. */
function constantFiles({ archive = [], constants }: Pick<Options, 'archive' | 'constants'>): ConstantFiles {
  if (constants !== undefined) return { paths: [constants], asked: true };
  return { paths: archive.filter((path) => !isNatureArchive(path)), asked: false };
}

/** Training reads every value it learns from: it cannot pass a gap on. */
function gapPolicy(policy: 'raise' | 'omit' | 'propagate'): GapPolicy {
  if (policy !== 'propagate') return policy;
  throw usageError(
    '--nan-policy propagate is for scores; training takes raise, or omit to leave states with gaps out',
  );
}
