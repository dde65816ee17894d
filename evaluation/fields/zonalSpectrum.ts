/**
 * Zonal spectra of members, of their mean and of the truth: power by wavenumber along every row of the grid
 * (fields/rowPower.ts), averaged over rows by area, unit squared. What the members lack against the truth they have
 * smoothed away; what the mean lacks against the members is what cannot be foreseen.
 *
 * Round a closed circle this is the spectrum S of WeatherBench-2 (`ZonalEnergySpectrum`) divided by the length of the
 * circle, so that no unit of length remains: Σ_k of it is the area mean of x². Wavenumbers beyond the first ones are
 * gathered in bands, of which the mean power is kept; of grids with very many rows every r-th is taken.
 */
import { internalError } from '../../core/errors.js';
import { type Grid, rowWeights, wrapsInLongitude } from '../../core/grid.js';
import { earthRadiusKm } from '../../core/sphere/distance.js';
import type { FloatArray } from '../../core/statistics/moments.js';
import { rowPower } from './rowPower.js';

/** Wavenumbers from … to, both in it. */
export interface SpectrumBand {
  readonly from: number;
  readonly to: number;
  /** The one that stands for all, in names and on axes. */
  readonly wavenumber: number;
}

export interface ZonalSpectra {
  readonly bands: readonly SpectrumBand[];
  /** Mean power per wavenumber, [band], unit squared; NaN where a value is missing and not left out. */
  readonly members: Float64Array;
  readonly mean: Float64Array;
  readonly truth: Float64Array;
}

/** Grids with no more wavenumbers than these have them one by one. */
const singleWavenumbers = 96;
/** Beyond, a band is as wide as a sixteenth of its wavenumber. */
const bandShare = 16;

/** Every wavenumber where there are few, else bands that widen with the wavenumber. */
export function spectrumBands(count: number): SpectrumBand[] {
  const bands: SpectrumBand[] = [];
  for (let from = 0; from < count; ) {
    const width = count <= singleWavenumbers ? 1 : Math.max(1, Math.floor(from / bandShare));
    const to = Math.min(from + width, count) - 1;
    bands.push({ from, to, wavenumber: Math.floor((from + to) / 2) });
    from = to + 1;
  }
  return bands;
}

/** Wavelength of a wavenumber at a latitude, kilometres: a half wave along an open row, a whole one round a circle. */
export function wavelengthKm(grid: Grid, wavenumber: number, latitude: number): number {
  const circle = 2 * Math.PI * earthRadiusKm * Math.cos((latitude * Math.PI) / 180);
  if (wrapsInLongitude(grid)) return circle / wavenumber;
  const lon = grid.longitudes;
  const spacing = (lon[lon.length - 1]! - lon[0]!) / (lon.length - 1) / 360;
  return (2 * lon.length * spacing * circle) / wavenumber;
}

/** Spectra of rows, added up: sums are [3 (members, mean, truth), band], then the weight of the rows. */
export class SpectrumRows {
  readonly bands: readonly SpectrumBand[];
  readonly size: number;
  private readonly columns: number;
  private readonly stride: number;
  private readonly weights: Float64Array;
  private readonly power: ReturnType<typeof rowPower>;
  private readonly rows: [Float64Array, Float64Array];
  private readonly mean: Float64Array;
  private readonly powers: [Float64Array, Float64Array];
  private readonly rowSums: Float64Array;

  /** @param mostRows rows taken at most, evenly spread over the grid */
  constructor(grid: Grid, mostRows: number) {
    this.columns = grid.longitudes.length;
    this.stride = Math.ceil(grid.latitudes.length / mostRows);
    this.weights = rowWeights(grid);
    this.power = rowPower(this.columns, wrapsInLongitude(grid));
    this.bands = spectrumBands(this.power.count);
    this.size = 3 * this.bands.length + 1;
    this.rows = [new Float64Array(this.columns), new Float64Array(this.columns)];
    this.mean = new Float64Array(this.columns);
    this.powers = [new Float64Array(this.power.count), new Float64Array(this.power.count)];
    this.rowSums = new Float64Array(3 * this.bands.length);
  }

  /**
   * @param members [member, n] with `memberStride` values from one member to the next
   * @param truth [n]
   * @param from, to points of the grid that these are: whole rows
   * @param omit rows with a missing value are left out; else they make the sums NaN
   * @param sums added to
   */
  add(
    members: FloatArray,
    memberCount: number,
    memberStride: number,
    truth: FloatArray,
    from: number,
    to: number,
    omit: boolean,
    sums: Float64Array,
  ): void {
    const { columns } = this;
    if (from % columns !== 0 || to % columns !== 0)
      throw internalError(`spectra: points ${from} … ${to} are no whole rows of ${columns}`);
    for (let row = from / columns; row < to / columns; row++) {
      if (row % this.stride !== Math.floor(this.stride / 2)) continue;
      const first = row * columns - from;
      this.addRow(members, memberCount, memberStride, truth, first);
      if (omit && this.rowSums.some(Number.isNaN)) continue;
      const weight = this.weights[row]!;
      for (let i = 0; i < this.rowSums.length; i++) sums[i]! += weight * this.rowSums[i]!;
      sums[this.rowSums.length]! += weight;
    }
  }

  /** Powers of one row: mean over members, of their mean, of the truth. */
  private addRow(
    members: FloatArray,
    memberCount: number,
    memberStride: number,
    truth: FloatArray,
    first: number,
  ): void {
    const { columns, rowSums, mean } = this;
    const [a, b] = this.rows;
    rowSums.fill(0);
    // Taken from the truth before the members are averaged: large means keep their digits.
    mean.fill(0);
    for (let m = 0; m < memberCount; m++)
      for (let l = 0; l < columns; l++)
        mean[l]! += members[m * memberStride + first + l]! - truth[first + l]!;
    for (let l = 0; l < columns; l++) mean[l] = truth[first + l]! + mean[l]! / memberCount;
    const load = (values: FloatArray, at: number, row: Float64Array): void => {
      for (let l = 0; l < columns; l++) row[l] = values[at + l]!;
    };
    for (let m = 0; m < memberCount; m += 2) {
      load(members, m * memberStride + first, a);
      if (m + 1 < memberCount) load(members, (m + 1) * memberStride + first, b);
      else b.fill(0);
      this.transform(a, b, 0, 0, 1 / memberCount);
    }
    load(truth, first, b);
    this.transform(mean, b, 1, 2, 1);
  }

  /** Adds the band means of two rows to the sums of two kinds. */
  private transform(a: Float64Array, b: Float64Array, kindA: number, kindB: number, share: number): void {
    const { bands, rowSums } = this;
    const [powerA, powerB] = this.powers;
    this.power.ofTwo(a, b, powerA, powerB);
    for (let i = 0; i < bands.length; i++) {
      const { from, to } = bands[i]!;
      let [sumA, sumB] = [0, 0];
      for (let k = from; k <= to; k++) {
        sumA += powerA[k]!;
        sumB += powerB[k]!;
      }
      rowSums[kindA * bands.length + i]! += (share * sumA) / (to - from + 1);
      rowSums[kindB * bands.length + i]! += (share * sumB) / (to - from + 1);
    }
  }

  /** Means over rows. */
  result(sums: Float64Array): ZonalSpectra {
    const { bands } = this;
    const weight = sums[3 * bands.length]!;
    const kind = (i: number): Float64Array =>
      sums.slice(i * bands.length, (i + 1) * bands.length).map((sum) => sum / weight);
    return { bands, members: kind(0), mean: kind(1), truth: kind(2) };
  }
}
