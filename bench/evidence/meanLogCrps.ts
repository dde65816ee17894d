/** By what choices are made: the mean of ln CRPS over leads and channels, to which each contributes by its share. */
import type { CompareRow } from '../../evaluation/compareRow.js';
import { channelOf } from './scoreRows.js';

/** A row of a verification, which names its model, or of a comparison, which names its run. */
type ScoreLike = Pick<CompareRow, 'variable' | 'level' | 'metric' | 'value'> & {
  readonly model?: string;
  readonly run?: string;
};

/** @param name of the model, or of the run */
export function meanLogCrps(rows: readonly ScoreLike[], channels: readonly string[], name: string): number {
  const logs = rows
    .filter(({ model, run, metric }) => (model ?? run) === name && metric === 'crps')
    .filter((row) => channels.includes(channelOf(row)))
    .map(({ value }) => Math.log(value));
  return logs.reduce((sum, value) => sum + value, 0) / logs.length;
}
