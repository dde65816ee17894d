/**
 * Whose diagrams plume verify keeps. A diagram is hundreds of points, so that those of all channels, leads and regions
 * would outweigh everything else beside the forecasts; statistics.arrow holds what they are made of, and they can be had
 * later with --diagrams all.
 */
import { channelName } from '../core/schema.js';
import { wholeDomain } from '../evaluation/region.js';
import type { StatisticPlace, StatisticTable } from '../evaluation/statistics/statisticTable.js';
import { headlineChannels } from './report/compareTable.js';
import { ensembleModel } from './verificationPlan.js';

/** Channels whose diagrams are all kept unasked; of more, those of the headline channels. */
const mostChannels = 4;
/** Groups of statistics (channel, lead, region) whose diagrams are kept unasked; of more, those of the whole domain. */
const mostGroups = 300;

/** Of the forecasts: as asked; else all of a few channels and regions, of more those that people ask for first. */
export function keptDiagrams(
  { groups }: Pick<StatisticTable, 'groups'>,
  asked: 'headline' | 'all' | undefined,
): (place: StatisticPlace) => boolean {
  const nameOf = ({ variable, level }: StatisticPlace): string => channelName({ variable, level, unit: '' });
  const isOwn = ({ model }: StatisticPlace): boolean => model === ensembleModel;
  if (asked === 'all') return isOwn;
  const own = groups.filter(isOwn);
  const names = [...new Set(own.map(nameOf))];
  const shown = asked === undefined && names.length <= mostChannels ? names : headlineChannels(names);
  const everywhere = own.filter((group) => shown.includes(nameOf(group))).length <= mostGroups;
  return (place) =>
    isOwn(place) && shown.includes(nameOf(place)) && (everywhere || place.region === wholeDomain.name);
}
