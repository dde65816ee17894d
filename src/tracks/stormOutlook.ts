/**
 * What the ensemble says of one storm, lead by lead: its mean place and how many members have it, how far apart they are,
 * its pressure and wind, the shares of the classes of intensity, the ellipse of its places, and the probability that it passes the mean
 * place at all; whether it intensifies rapidly. And which storm is the surest and which the
 * least sure at one lead.
 */
import { quantile } from 'simple-statistics';
import { type ConeCircle, cone } from '../../evaluation/cyclones/products/cone.js';
import {
  type IntensityShares,
  intensityByLead,
} from '../../evaluation/cyclones/products/intensityProbability.js';
import { listedPoints } from '../../evaluation/cyclones/products/mapPoints.js';
import {
  type IntensificationShares,
  rapidIntensification,
} from '../../evaluation/cyclones/products/rapidIntensification.js';
import { type SpreadEllipse, spreadEllipses } from '../../evaluation/cyclones/products/spreadEllipse.js';
import { strikeProbability } from '../../evaluation/cyclones/products/strikeProbability.js';
import type { Storm } from '../../evaluation/cyclones/track.js';

/** The radius is that of the cone: two members of three lie within it. */
export interface LeadOutlook extends ConeCircle {
  /** Probability that the storm passes within the radius of strikes of the mean place, at any time; NaN without a mean. */
  readonly strike: number;
  readonly intensity: IntensityShares;
  /** Null where too few members have the storm. */
  readonly ellipse: SpreadEllipse | null;
}

export interface StormOutlook {
  readonly storm: Storm;
  readonly leads: readonly LeadOutlook[];
  /** Of each member's own extreme, SI units; NaN where it is not known. */
  readonly lowestPressure: MemberRange;
  readonly strongestWind: MemberRange;
  /** Null where no member's wind is known at both ends of any stretch. */
  readonly rapidIntensification: IntensificationShares | null;
}

export interface MemberRange {
  readonly lowest: number;
  readonly median: number;
  readonly highest: number;
}

export interface OutlookOptions {
  readonly stepHours: number;
  /** Of strikes, km. */
  readonly radiusKm: number;
}

export function stormOutlook(storm: Storm, { stepHours, radiusKm }: OutlookOptions): StormOutlook {
  const circles = cone(storm, { stepHours });
  const placed = circles.filter(({ latitude }) => !Number.isNaN(latitude));
  const points = listedPoints(
    placed.map(({ latitude }) => latitude),
    placed.map(({ longitude }) => longitude),
  );
  const { probability } = strikeProbability(storm, points, { radiusKm });
  const strikeAt = new Map(placed.map(({ leadHours }, i) => [leadHours, probability[i]!]));
  const classes = new Map(
    intensityByLead(storm, { stepHours }).map(({ leadHours, ...row }) => [leadHours, row]),
  );
  const ellipses = new Map(spreadEllipses(storm, { stepHours }).map((each) => [each.leadHours, each]));
  const rises = rapidIntensification(storm, { stepHours });
  const extremes = (what: 'pressure' | 'wind', sign: number): number[] =>
    storm.tracks.flatMap(({ track }) => {
      const known = track.fixes.map((fix) => sign * fix[what]).filter((value) => !Number.isNaN(value));
      return known.length > 0 ? [sign * known.reduce((a, b) => Math.max(a, b))] : [];
    });
  return {
    storm,
    leads: circles.map((circle) => ({
      ...circle,
      strike: strikeAt.get(circle.leadHours) ?? Number.NaN,
      // Both have a row at every lead that the cone has.
      intensity: classes.get(circle.leadHours)!,
      ellipse: ellipses.get(circle.leadHours) ?? null,
    })),
    lowestPressure: rangeOf(extremes('pressure', -1)),
    strongestWind: rangeOf(extremes('wind', 1)),
    rapidIntensification: rises.byLead.some(({ members }) => members > 0) ? rises : null,
  };
}

function rangeOf(values: readonly number[]): MemberRange {
  if (values.length === 0) return { lowest: Number.NaN, median: Number.NaN, highest: Number.NaN };
  const [lowest, highest] = [
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  ];
  return { lowest, median: quantile([...values], 0.5), highest };
}

export interface PlacedStorm {
  readonly storm: Storm;
  readonly at: ConeCircle;
}

export interface SurestAndLeast {
  readonly leadHours: number;
  /** Null where no storm is had by half of the members. */
  readonly surest: PlacedStorm | null;
  /** Null where it would be the same. */
  readonly least: PlacedStorm | null;
}

/** A storm is spoken of where half of the members have it. */
const spokenShare = 0.5;

/**
 * By the radius that two members of three lie within, among the storms that half of the members have at the lead.
 * @param leadHours a lead that the forecast has
 */
export function surestAndLeast(storms: readonly Storm[], leadHours: number): SurestAndLeast {
  const placed = storms
    .filter((storm) => storm.tracks.length >= spokenShare * storm.members)
    .flatMap((storm): PlacedStorm[] => {
      const at = cone(storm, { stepHours: leadHours, leastShare: spokenShare }).find(
        (each) => each.leadHours === leadHours,
      );
      // A radius of one member is none.
      return at && at.members > 1 && !Number.isNaN(at.radiusKm) ? [{ storm, at }] : [];
    })
    .sort((a, b) => a.at.radiusKm - b.at.radiusKm);
  const surest = placed[0] ?? null;
  return { leadHours, surest, least: placed.length > 1 ? placed.at(-1)! : null };
}

/** Leads for a table: the first, days 1, 2, 3, 5, 7, 10 and the last, of those that a storm has. */
export function shownLeads(leads: readonly LeadOutlook[]): LeadOutlook[] {
  const placed = leads.filter(({ latitude }) => !Number.isNaN(latitude));
  const wished = [24, 48, 72, 120, 168, 240];
  return placed.filter(
    ({ leadHours }, i) => i === 0 || i === placed.length - 1 || wished.includes(leadHours),
  );
}
