/** Tracks: where one cyclone was, time after time, in one member, in the truth or in a best track. */

/** One place and time. NaN where it is not known. */
export interface Fix {
  /** Valid time, milliseconds since 1970-01-01 UTC. */
  readonly time: number;
  /** Degrees north and degrees east, −180 … 180. */
  readonly latitude: number;
  readonly longitude: number;
  /** Lowest sea-level pressure, Pa. */
  readonly pressure: number;
  /** Largest 10-m wind near the centre, m s⁻¹. */
  readonly wind: number;
  /** Relative vorticity at 850 hPa with the sign of the hemisphere, so that cyclonic is positive, s⁻¹. */
  readonly vorticity: number;
  /**
   * How much thicker the layer above the centre is than around it (Z300 − Z500, or what the tracker says), m² s⁻²:
   * positive over a warm core.
   */
  readonly warmCore: number;
}

/** Fixes in order of time, at least one. */
export interface Track {
  /** Unique among the tracks it comes with. */
  readonly id: string;
  /** As people call the storm, or null. */
  readonly name: string | null;
  readonly fixes: readonly Fix[];
}

/** The tracks of one forecast: every member that was asked, also those in which no cyclone was found. */
export interface EnsembleTracks {
  /** Valid time of the analysis. */
  readonly start: number;
  readonly members: readonly MemberTracks[];
}

export interface MemberTracks {
  readonly member: number;
  /** null of forecasts that have no such thing. */
  readonly weightSample: number | null;
  readonly noiseStream: number | null;
  readonly tracks: readonly Track[];
}

/**
 * One cyclone as all members have it: for each member that has it one track. Products and scores are made of storms; a
 * member that is not among the tracks has lost the storm, or never had it.
 */
export interface Storm {
  readonly id: string;
  readonly name: string | null;
  readonly start: number;
  /** Members that were asked. */
  readonly members: number;
  readonly tracks: readonly StormMember[];
}

/** One member's track of a storm; the weight sample tells where the spread comes from, null where there is no such thing. */
export interface StormMember {
  readonly member: number;
  readonly weightSample: number | null;
  readonly track: Track;
}
