/**
 * One condition asked of many sites and all rows at once. The grid points that sites need are read together, in chunks
 * of no more than a given number of bytes; in a chunk every point is computed once, whatever number of sites share it.
 *
 * Missing values. A row with a missing value among those that the condition asks of it is missing, even where the others
 * already decide: rows that say yes by one point of many would otherwise be kept more often than rows that say no, and the
 * probability be too large. Points where the quantity is missing in all rows at all leads do not belong to its field (the
 * temperature of the sea over land): they are left out and counted. Leads without the hours behind them are not compared.
 */
import { unitConversion } from '../../core/units.js';
import { percentileThresholds, requireClimate } from './climatology.js';
import type { Condition } from './event.js';
import { longestHold, type Standing, standingOf, windowsOf } from './holding.js';
import { applyInTime, type LeadPlan, planLeads } from './inTime.js';
import { bindPlace, needsSite, type Site } from './places/boundPlace.js';
import { placePoints } from './places/placePoints.js';
import { type PointQuantity, quantityOn } from './quantities.js';
import { addMean, Chunk, countPoints, Gathered, keepBest } from './spotChunks.js';
import { readSpots, type Spot, spotBytes, spotTerms } from './spots.js';
import type { Trajectories } from './trajectories.js';

export interface EvaluatedCondition {
  readonly condition: Condition;
  /** Of the deciding variable. */
  readonly unit: string;
  /** [row]; NaN where missing. */
  readonly deciding: Float64Array;
  /** [row]: 1 where it holds; 0 where it does not, or is missing. */
  readonly holds: Uint8Array;
  /** Points of the place that are asked, and those left out because the quantity has no values there. */
  readonly points: number;
  readonly pointsLeftOut: number;
  /** False where the place reaches past the edges of a regional grid. */
  readonly whole: boolean;
}

export interface EvaluationOptions {
  /** Rows of other years, for percentile thresholds; default: none. */
  readonly climate?: Trajectories | null;
  /** What a chunk may hold; default 64 MiB. One point with all its rows and leads is held even where that is more. */
  readonly memoryBytes?: number;
}

const defaultMemoryBytes = 64 * 2 ** 20;

/**
 * @param sites where the place is "here"; otherwise they are not looked at
 * @returns one for every site, or a single one where the place is not "here"
 * @throws {PlumeError} usage and data, as planLeads, quantityOn, placePoints, standingOf and requireClimate
 */
export async function evaluateCondition(
  condition: Condition,
  sites: readonly Site[],
  trajectories: Trajectories,
  options: EvaluationOptions = {},
): Promise<EvaluatedCondition[]> {
  const asking = new Asking(condition, trajectories, options);
  if (!needsSite(condition.place)) return asking.ofSites([null]);
  return asking.ofSites(sites);
}

class Asking {
  readonly #condition: Condition;
  readonly #trajectories: Trajectories;
  readonly #climate: Trajectories | null;
  readonly #memoryBytes: number;
  readonly #quantity: PointQuantity;
  readonly #plan: LeadPlan;
  readonly #standing: Standing;
  readonly #windows: ReturnType<typeof windowsOf>;
  readonly #unit: string;
  readonly #results: EvaluatedCondition[] = [];

  constructor(condition: Condition, trajectories: Trajectories, options: EvaluationOptions) {
    const { schema, leadsHours } = trajectories;
    const { comparison } = condition;
    this.#condition = condition;
    this.#trajectories = trajectories;
    this.#memoryBytes = options.memoryBytes ?? defaultMemoryBytes;
    this.#quantity = quantityOn(schema, condition.quantity.name);
    this.#plan = planLeads(condition, leadsHours);
    const circular = this.#quantity.combine === 'direction';
    this.#standing = standingOf(condition, circular);
    this.#windows = windowsOf(this.#plan.leadsHours, condition.durationHours);
    this.#unit = condition.quantity.unit ?? this.#quantity.unit;
    const percentile = 'threshold' in comparison && comparison.threshold.kind === 'percentile';
    this.#climate = percentile ? requireClimate(options.climate ?? null, trajectories, condition.text) : null;
  }

  async ofSites(sites: readonly (Site | null)[]): Promise<EvaluatedCondition[]> {
    const { grid } = this.#trajectories.schema;
    const { join, place } = this.#condition;
    const leads = this.#plan.leadsHours.length;
    // Neighbours in one chunk share points, and points of a chunk lie close together in the files.
    const order = [...sites.keys()].sort((a, b) => southOf(sites[a]!, sites[b]!));
    let chunk = new Chunk();
    for (const site of order) {
      const found = placePoints(bindPlace(place, sites[site]!), grid);
      const gathered = new Gathered(
        site,
        found.whole,
        join,
        leads,
        this.#trajectories.rows,
        this.#climate?.rows ?? 0,
      );
      const oneSpot = place.kind === 'point' || (join === 'mean' && this.#quantity.combine === 'direction');
      const spots = oneSpot ? 1 : found.points.length;
      let [numbers, weights]: [number[], number[]] = [[], []];
      for (let s = 0; s < spots; s++) {
        if (this.#isFull(chunk)) {
          chunk.pieces.push({ gathered, spots: numbers, weights, last: false });
          await this.#finish(chunk);
          [chunk, numbers, weights] = [new Chunk(), [], []];
        }
        const spot = oneSpot ? found : { points: [found.points[s]!], weights: [1] };
        numbers.push(chunk.add(this.#quantity, spot, oneSpot ? null : found.points[s]!));
        weights.push(oneSpot ? 1 : found.weights[s]!);
      }
      chunk.pieces.push({ gathered, spots: numbers, weights, last: true });
    }
    await this.#finish(chunk);
    return this.#results;
  }

  /** Sites that share all their spots fill a chunk too, by what is gathered of them. */
  #isFull(chunk: Chunk): boolean {
    const { rows } = this.#trajectories;
    const climateRows = this.#climate?.rows ?? 0;
    const { spots, needed, pieces } = chunk;
    const { reads, leadsHours } = this.#plan;
    const read = spotBytes(
      this.#quantity,
      reads.length,
      Math.max(rows, climateRows),
      spots.length,
      needed.size,
    );
    const gathered = this.#condition.join === 'any' ? rows : leadsHours.length * (rows + climateRows);
    return spots.length > 0 && read + 8 * pieces.length * gathered >= this.#memoryBytes;
  }

  async #finish(chunk: Chunk): Promise<void> {
    const { join } = this.#condition;
    const spots = chunk.spots.length;
    const { rows } = this.#trajectories;
    const leads = this.#plan.leadsHours.length;
    const own = await this.#valuesOf(this.#trajectories, this.#quantity, chunk.spots);
    const usual =
      this.#climate === null
        ? null
        : await this.#valuesOf(
            this.#climate,
            quantityOn(this.#climate.schema, this.#condition.quantity.name),
            chunk.spots,
          );
    const left = own.empty.map((empty, spot) => empty | (usual?.empty[spot] ?? 0));
    if (join === 'mean') {
      for (const piece of chunk.pieces) {
        addMean(piece, left, own.values, spots, piece.gathered.series);
        if (usual !== null) addMean(piece, left, usual.values, spots, piece.gathered.climate);
      }
    } else {
      const thresholds = usual === null ? null : this.#thresholds(usual.values);
      const standing = this.#judge(own.values, thresholds, rows, spots);
      const held = join === 'any' ? longestHold(standing, rows * spots, this.#windows) : standing;
      for (const piece of chunk.pieces)
        keepBest(piece, left, held, spots, join === 'any' ? rows : leads * rows, join);
    }
    for (const piece of chunk.pieces) {
      countPoints(piece, left, own.missing, rows, spots);
      if (piece.last) this.#results[piece.gathered.site] = this.#answer(piece.gathered);
    }
  }

  /** [lead, row, spot] in the unit that was asked in. */
  async #valuesOf(trajectories: Trajectories, quantity: PointQuantity, spots: readonly Spot[]) {
    const { inTime } = this.#condition.quantity;
    const read = await readSpots(trajectories, quantity, spotTerms(quantity, spots), this.#plan.reads);
    const elements = trajectories.rows * spots.length;
    const values = applyInTime(inTime?.operation ?? null, this.#plan, read.values, elements);
    const { scale, offset } = unitConversion(quantity.unit, this.#unit);
    if (scale !== 1 || offset !== 0) {
      this.#plan.spans.forEach(({ first, last }, lead) => {
        const shift = offset * timesOffset(inTime?.operation ?? null, last - first + 1);
        for (let i = lead * elements; i < (lead + 1) * elements; i++) values[i] = scale * values[i]! + shift;
      });
    }
    return { ...read, values };
  }

  #thresholds(usual: Float64Array): Float64Array {
    const { comparison, text } = this.#condition;
    const percent =
      'threshold' in comparison && comparison.threshold.kind === 'percentile'
        ? comparison.threshold.percent
        : Number.NaN;
    return percentileThresholds(usual, this.#plan.leadsHours.length, this.#climate!.rows, percent, text);
  }

  /** Standings of values [lead, row, spot] against thresholds [lead, spot], in place. */
  #judge(values: Float64Array, thresholds: Float64Array | null, rows: number, spots: number): Float64Array {
    const { of } = this.#standing;
    if (of === null) return values;
    let i = 0;
    for (let lead = 0; lead < this.#plan.leadsHours.length; lead++) {
      for (let row = 0; row < rows; row++) {
        for (let spot = 0; spot < spots; spot++, i++) {
          values[i] = of(values[i]!, thresholds === null ? 0 : thresholds[lead * spots + spot]!);
        }
      }
    }
    return values;
  }

  #answer(gathered: Gathered): EvaluatedCondition {
    const { join } = this.#condition;
    const { rows } = this.#trajectories;
    let { series } = gathered;
    if (join === 'mean') {
      const thresholds =
        this.#climate === null
          ? null
          : this.#thresholds(gathered.climate.map((sum) => sum / gathered.weight));
      series = this.#judge(
        series.map((sum) => sum / gathered.weight),
        thresholds,
        rows,
        1,
      );
    }
    if (join !== 'any') series = longestHold(series, rows, this.#windows);
    const missing = gathered.kept === 0 ? gathered.missing.fill(1) : gathered.missing;
    return {
      condition: this.#condition,
      unit: this.#unit,
      deciding: series.map((z, row) => (missing[row] === 1 ? Number.NaN : this.#standing.deciding(z))),
      holds: missing.map((isMissing, row) => (isMissing === 0 && this.#standing.holds(series[row]!) ? 1 : 0)),
      points: gathered.kept + gathered.leftOut,
      pointsLeftOut: gathered.leftOut,
      whole: gathered.whole,
    };
  }
}

/** How often the offset of a unit is in what is made in time. */
function timesOffset(operation: string | null, values: number): number {
  switch (operation) {
    case 'change':
    case 'rise':
    case 'fall':
      return 0;
    case 'sum':
      return values;
    default:
      return 1;
  }
}

function southOf(a: Site | null, b: Site | null): number {
  if (a === null || b === null) return 0;
  return b.latitude - a.latitude || a.longitude - b.longitude;
}
