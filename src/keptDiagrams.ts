/**
 * Whose diagrams plume verify keeps. A diagram is hundreds of points, so that those of all channels, leads and regions
 * would outweigh everything else beside the forecasts; statistics.arrow holds what they are made of, and they can be had
 * later with --diagrams all.
 */
import { channelName } from '../core/schema.js';
import { wholeDomain } from '../evaluation/region.js';
import type { StatisticPlace, StatisticTable } from '../evaluation/statistics/statisticTable.js';
import type { DiagramChoice } from '../evaluation/statistics/summarise.js';
import { headlineChannels } from './report/compareTable.js';
import { ensembleModel } from './verificationPlan.js';

/** Channels whose diagrams are all kept unasked; of more, those of the headline channels. */
const mostChannels = 4;
/** Groups of statistics (channel, lead, region) whose diagrams are kept unasked; of more, those of the whole domain. */
const mostGroups = 300;

/**
 * Of the forecasts: as asked; else all of a few channels and regions, of more those that people ask for first. Of the
 * references beside them the PIT histograms.
 */
export function keptDiagrams(
  { groups }: Pick<StatisticTable, 'groups'>,
  asked: 'headline' | 'all' | undefined,
): (place: StatisticPlace) => DiagramChoice {
  const nameOf = ({ variable, level }: StatisticPlace): string => channelName({ variable, level, unit: '' });
  const own = groups.filter(({ model }) => model === ensembleModel);
  const names = [...new Set(own.map(nameOf))];
  const few = asked === undefined && names.length <= mostChannels;
  const shown = few || asked === 'all' ? names : headlineChannels(names);
  const everywhere =
    asked === 'all' || own.filter((group) => shown.includes(nameOf(group))).length <= mostGroups;
  return (place) => {
    if (!shown.includes(nameOf(place)) || !(everywhere || place.region === wholeDomain.name)) return false;
    return place.model === ensembleModel ? true : 'histogram';
  };
}
