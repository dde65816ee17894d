/**
 * Events as plain data: yes/no questions about one trajectory, a member's or the truth's. The probability of an event is
 * the share of members that say yes. Text becomes this in parse.ts, answers are found in evaluate.ts.
 *
 * At every point of the place and every lead there is a value of the quantity; the condition compares it; it must then hold
 * without a break for the duration, within the window. Values are in the unit that the question was asked in.
 */
import type { Box } from '../regions/boxRegion.js';

export type EventExpression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly EventExpression[] }
  | { readonly kind: 'not'; readonly term: EventExpression }
  | Condition;

export interface Condition {
  readonly kind: 'condition';
  /** As it was written, for messages and answers. */
  readonly text: string;
  readonly quantity: Quantity;
  readonly comparison: Comparison;
  readonly place: Place;
  /** How the points of the place join: at one of them, at all at once, or their mean over the area. */
  readonly join: 'any' | 'all' | 'mean';
  /** Hours since the analysis, both ends included; null: the whole forecast. */
  readonly window: { readonly fromHours: number; readonly toHours: number } | null;
  /**
   * How long it must hold without a break, at one and the same point where the join is 'any': leads l₁ … l₂ all hold and
   * l₂ − l₁ ≥ duration. 0: at one lead.
   */
  readonly durationHours: number;
}

/** What is compared: a variable as it is or as it follows from others, and what is made of it in time. */
export interface Quantity {
  /** A channel ('t850', 'msl'), or what follows from channels: 'wind', 'wind850', 'wind_direction850', 'vorticity850'. */
  readonly name: string;
  /**
   * Over the hours that end at each lead, trapezoids for mean, both ends for the others; leads earlier than the hours have
   * none and do not hold. change: x(l) − x(l − hours); rise and fall: how far it rises or falls between those two leads;
   * sum: of the values in (l − hours, l], for variables that are accumulated over each step.
   */
  readonly inTime: {
    readonly operation: 'mean' | 'min' | 'max' | 'sum' | 'change' | 'rise' | 'fall';
    readonly hours: number;
  } | null;
  /** In which values are compared, or null: that of the channel. Differences convert by scale alone. */
  readonly unit: string | null;
}

export type Comparison =
  | { readonly kind: '>' | '>=' | '<' | '<='; readonly threshold: Threshold }
  /** Both ends included; of directions clockwise from `from` to `to`. */
  | { readonly kind: 'in' | 'outside'; readonly from: number; readonly to: number };

export type Threshold =
  | { readonly kind: 'number'; readonly value: number }
  /** Of the climatology of the quantity at the point and time of year, per cent. */
  | { readonly kind: 'percentile'; readonly percent: number };

export type Place =
  /** Bilinear between the points around it. */
  | { readonly kind: 'point'; readonly centre: Centre }
  /** Grid points within the radius by great circle. */
  | { readonly kind: 'circle'; readonly centre: Centre; readonly radiusKm: number }
  | { readonly kind: 'box'; readonly box: Box }
  /** Grid points inside, by great-circle edges. */
  | { readonly kind: 'polygon'; readonly name: string; readonly polygon: SphericalPolygon }
  | { readonly kind: 'domain' };

/** 'here': the site or grid point that the question is asked of. */
export type Centre = { readonly latitude: number; readonly longitude: number } | 'here';

/** As in GeoJSON: polygons of rings of [longitude, latitude], the first ring of each outside, the others holes. */
export type SphericalPolygon = readonly (readonly (readonly (readonly [number, number])[])[])[];
