/**
 * The archive that a model starts from, with the model's channels. The nature model starts from levels of its own, which
 * only stores made for it hold.
 */
import { dataError, isPlumeError } from '../core/errors.js';
import { channelName } from '../core/schema.js';
import type { DescribedModel, ModelSource } from '../models/open.js';
import { type NamedArchive, openArchiveOption } from './archiveOption.js';
import type { Options } from './options.js';
import type { Reporter } from './progress.js';

type ArchiveOptions = Pick<Options, 'archive' | 'variables' | 'unit'>;

/** The archive with the model's channels. @throws {PlumeError} data, saying how to get those of the nature model */
export async function openModelArchive(
  options: ArchiveOptions,
  source: ModelSource,
  model: DescribedModel,
  report: Reporter,
): Promise<NamedArchive> {
  try {
    const opened = await openArchiveOption(options, model.schema.channels.map(channelName), report);
    if (source.kind === 'nature') await requireOwnLevels(options, source.config.levels, opened);
    return opened;
  } catch (error) {
    if (source.kind !== 'nature' || !isPlumeError(error) || error.tag !== 'data') throw error;
    if (!/no (?:variable|channel) "(?:\w+_ml\d|lnsp)/.test(error.message)) throw error;
    throw dataError(
      `${error.message}. The nature model starts from its own levels: make the archive with plume nature ` +
        '--model-levels, or give --archive nature',
      { cause: error },
    );
  }
}

/**
 * A run with more levels has channels of the same names, at other heights.
 * @throws {PlumeError} data, when the archive has more levels than the model
 */
async function requireOwnLevels(
  options: ArchiveOptions,
  levels: number,
  opened: NamedArchive,
): Promise<void> {
  const beyond = `vo_ml${levels + 1}`;
  const more = await openArchiveOption({ ...options, variables: undefined }, [beyond]).catch(() => null);
  if (more === null) return;
  await more.archive.close();
  await opened.archive.close();
  throw dataError(
    `${opened.name} comes from a nature run of more levels than the model's ${levels}: it has ${beyond}; ` +
      'give --model nature:levels=N with as many as it has',
  );
}
