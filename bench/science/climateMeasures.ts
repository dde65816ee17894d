/** Numbers of a zonal-mean climate: peaks of the mean of both hemispheres, their difference, the slope of the spectrum. */
import type { ClimateRecord, Quantity } from './zonalClimate.js';

/** [row, level]: mean of both hemispheres; fluxes, which are poleward, turn their sign in the south. */
export function symmetric(climate: ClimateRecord, quantity: Quantity): number[] {
  return mirrored(climate.mean[quantity], climate.levels.length, signOf(quantity));
}

function signOf(quantity: Quantity): 1 | -1 {
  return quantity === 'heatFlux' || quantity === 'momentumFlux' ? -1 : 1;
}

function mirrored(values: readonly number[], levels: number, sign: 1 | -1): number[] {
  const rows = values.length / levels;
  return values.map((value, i) => {
    const south = (rows - 1 - Math.floor(i / levels)) * levels + (i % levels);
    return (value + sign * values[south]!) / 2;
  });
}

export function lowest({ levels }: ClimateRecord): (sigma: number) => boolean {
  return (sigma) => sigma === levels[levels.length - 1];
}

export type Where = (sigma: number, latitude: number) => boolean;

/** Of the northern half of the symmetric field; of the largest, or with −1 the smallest. */
export function largest(
  climate: ClimateRecord,
  quantity: Quantity,
  where: Where = () => true,
  sign: 1 | -1 = 1,
) {
  const values = symmetric(climate, quantity);
  const L = climate.levels.length;
  let best = { value: -sign * Number.POSITIVE_INFINITY, latitude: 0, sigma: 0 };
  for (let row = 0; row < climate.latitudes.length / 2; row++) {
    for (let k = 0; k < L; k++) {
      const value = values[row * L + k]!;
      const [latitude, sigma] = [climate.latitudes[row]!, climate.levels[k]!];
      if (where(sigma, latitude) && sign * (value - best.value) > 0) best = { value, latitude, sigma };
    }
  }
  return best;
}

export function peak(climate: ClimateRecord, quantity: Quantity, where?: Where, sign?: 1 | -1) {
  const { value, latitude, sigma } = largest(climate, quantity, where, sign);
  return { value, where: ` at ${latitude.toFixed(0)}°, σ ${sigma.toFixed(2)}` };
}

/** Share of points, of all quantities, at which north and south differ by more than twice the error of their difference. */
export function asymmetry(climate: ClimateRecord): string {
  const L = climate.levels.length;
  const rows = climate.latitudes.length;
  let [beyond, points] = [0, 0];
  for (const quantity of ['u', 't', 'heatFlux', 'momentumFlux', 'kinetic'] as const) {
    const blocks = climate.blocks[quantity];
    for (let row = 0; row < rows / 2; row++) {
      for (let k = 0; k < L; k++) {
        const differences = blocks.map(
          (block) => block[row * L + k]! - signOf(quantity) * block[(rows - 1 - row) * L + k]!,
        );
        const mean = differences.reduce((a, b) => a + b, 0) / differences.length;
        const variance = differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (differences.length - 1);
        points++;
        if (Math.abs(mean) > 2 * Math.sqrt(variance / differences.length)) beyond++;
      }
    }
  }
  return `${((100 * beyond) / points).toFixed(0)} %`;
}

export function hemispheres(climate: ClimateRecord): string {
  const u = climate.mean.u;
  const half = u.length / 2;
  const strongest = (block: readonly number[]): number[] =>
    [block.slice(0, half), block.slice(half)].map((side) => Math.max(...side));
  const blocks = climate.blocks.u.map(strongest);
  const error = [0, 1].map((side) => {
    const mean = blocks.reduce((sum, block) => sum + block[side]!, 0) / blocks.length;
    const variance = blocks.reduce((sum, block) => sum + (block[side]! - mean) ** 2, 0) / (blocks.length - 1);
    return Math.sqrt(variance / blocks.length);
  });
  return strongest(u)
    .map((value, side) => `${value.toFixed(1)} ± ${error[side]!.toFixed(1)} m/s`)
    .join(', ');
}

/** Of ln E against ln n, least squares. */
export function slope(climate: ClimateRecord): number {
  const energy = climate.spectrum;
  const points: [number, number][] = [];
  for (let n = 10; n <= 0.7 * (climate.spectrum.length - 1); n++) {
    points.push([Math.log(n), Math.log(energy[n]!)]);
  }
  const mean = [0, 1].map((i) => points.reduce((sum, point) => sum + point[i]!, 0) / points.length);
  const covariance = points.reduce((sum, [x, y]) => sum + (x - mean[0]!) * (y - mean[1]!), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - mean[0]!) ** 2, 0);
}

export function falls(climate: ClimateRecord): boolean {
  const last = climate.spectrum.slice(-6);
  return last.every((energy, i) => i === 0 || energy < last[i - 1]!);
}
