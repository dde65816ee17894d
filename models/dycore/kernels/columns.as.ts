/**
 * What the dycore does on the grid, two levels at a time (AssemblyScript): `#columns` of
 * models/dycore/primitiveEquations.ts, which says what is what, with the same operations in the same order, so that the
 * two agree to the bit. Addresses and distances are in bytes; levels are padded to an even number.
 *
 * A vector that reads the level above the first or below the last reads a neighbour in memory instead: a finite number,
 * which the vertical velocity of 0 there multiplies.
 */
import { exponential } from './exponential.as';

const number: usize = 8;
const vector: usize = 16;
/** Of the pressure's batch: ln pₛ, its gradient times cos φ, and (pₛ/p₀)^κ. */
const pressureBytes: usize = 32;

let rows: i32 = 0;
let longitudes: i32 = 0;
let levelBytes: usize = 0;
/** [row][5]: Coriolis parameter, 1/cos²φ, T_eq's surface value and stability, quadrature weight. */
let rowTable: usize = 0;
/** [8][level]: Δσ, σ of the half level below, ½/Δσ, ln ratio/Δσ, α/Δσ, α, ln σ, σ^κ. */
let levelTable: usize = 0;
/** k_T, [row, level]; 0 where there is no forcing. */
let rates: usize = 0;
/** ζ, D, T */
let scalars: usize = 0;
/** U, V */
let winds: usize = 0;
let pressures: usize = 0;
/** A, B, U T′, V T′, E, ∂T/∂t */
let fluxes: usize = 0;
/** ∂ ln pₛ/∂t, and nothing */
let pressureFluxes: usize = 0;
/** k_T (T_eq − T) of the step before. */
let heating: usize = 0;
/** [2][level]: v·∇ln pₛ, outflow of the layers above and of the level's. */
let scratch: usize = 0;

export function configureColumns(
  itsRows: i32,
  itsLongitudes: i32,
  itsLevels: i32,
  itsRowTable: usize,
  itsLevelTable: usize,
  itsRates: usize,
  itsScalars: usize,
  itsWinds: usize,
  itsPressures: usize,
  itsFluxes: usize,
  itsPressureFluxes: usize,
  itsHeating: usize,
  itsScratch: usize,
): void {
  rows = itsRows;
  longitudes = itsLongitudes;
  levelBytes = <usize>itsLevels * number;
  rowTable = itsRowTable;
  levelTable = itsLevelTable;
  rates = itsRates;
  scalars = itsScalars;
  winds = itsWinds;
  pressures = itsPressures;
  fluxes = itsFluxes;
  pressureFluxes = itsPressureFluxes;
  heating = itsHeating;
  scratch = itsScratch;
}

/** Mean of pₛ over the sphere, Pa. */
export function meanPressure(): f64 {
  let mean: f64 = 0;
  let at = pressures;
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let column = 0; column < longitudes; column += 2) {
      const values = exponential(f64x2(load<f64>(at), load<f64>(at + pressureBytes)));
      sum += f64x2.extract_lane(values, 0);
      sum += f64x2.extract_lane(values, 1);
      at += 2 * pressureBytes;
    }
    mean += (load<f64>(rowTable + 5 * number * <usize>row, 32) * sum) / (2.0 * <f64>longitudes);
  }
  return mean;
}

/** Adds to ln pₛ, and writes (pₛ/p₀)^κ beside it. */
export function shiftPressure(shift: f64, logReference: f64, kappa: f64): void {
  const end = pressures + <usize>(rows * longitudes) * pressureBytes;
  for (let at = pressures; at < end; at += 2 * pressureBytes) {
    const logs = f64x2.add(f64x2(load<f64>(at), load<f64>(at + pressureBytes)), f64x2.splat(shift));
    store<f64>(at, f64x2.extract_lane(logs, 0));
    store<f64>(at + pressureBytes, f64x2.extract_lane(logs, 1));
    const exner = exponential(f64x2.mul(f64x2.splat(kappa), f64x2.sub(logs, f64x2.splat(logReference))));
    store<f64>(at, f64x2.extract_lane(exner, 0), 24);
    store<f64>(at + pressureBytes, f64x2.extract_lane(exner, 1), 24);
  }
}

/**
 * @param forced whether temperature relaxes
 * @param first whether there is no heating of a step before; the newest is applied instead
 * @returns the first point where a wind is not below the limit or no number, else −1
 */
export function columns(
  forced: bool,
  first: bool,
  logReference: f64,
  coldest: f64,
  kappa: f64,
  gasConstant: f64,
  referenceTemperature: f64,
  limitSquared: f64,
): i32 {
  const L = levelBytes;
  const reference = f64x2.splat(referenceTemperature);
  const gas = f64x2.splat(gasConstant);
  const kappas = f64x2.splat(kappa);
  const limit = f64x2.splat(limitSquared);
  const cold = f64x2.splat(coldest);
  const half = f64x2.splat(0.5);
  const zero = f64x2.splat(0);
  const points = rows * longitudes;
  let scalar = scalars;
  let wind = winds;
  let pressure = pressures;
  let flux = fluxes;
  let pressureFlux = pressureFluxes;
  let heat = heating;
  let row = rowTable;
  let rate = rates;
  let column = 0;
  for (let point = 0; point < points; point++) {
    const coriolis = v128.load64_splat(row);
    const inverse = v128.load64_splat(row, 8);
    const zonal = v128.load64_splat(pressure, 8);
    const meridional = v128.load64_splat(pressure, 16);

    let total: f64 = 0;
    let pressureTendency: f64 = 0;
    for (let k: usize = 0; k < L; k += vector) {
      const u = v128.load(wind + k);
      const v = v128.load(wind + L + k);
      const thickness = v128.load(levelTable + k);
      const along = f64x2.mul(f64x2.add(f64x2.mul(u, zonal), f64x2.mul(v, meridional)), inverse);
      v128.store(scratch + k, along);
      const leaving = f64x2.mul(f64x2.add(v128.load(scalar + L + k), along), thickness);
      const sunk = f64x2.mul(along, thickness);
      const upper = total + f64x2.extract_lane(leaving, 0);
      total = upper + f64x2.extract_lane(leaving, 1);
      v128.store(scratch + L + k, f64x2(upper, total));
      pressureTendency -= f64x2.extract_lane(sunk, 0);
      pressureTendency -= f64x2.extract_lane(sunk, 1);
    }
    store<f64>(pressureFlux, pressureTendency);

    const wholeOutflow = f64x2.splat(total);
    const logRatio = f64x2.splat(load<f64>(pressure) - logReference);
    const exner = v128.load64_splat(pressure, 24);
    const surface = v128.load64_splat(row, 16);
    const stability = v128.load64_splat(row, 24);
    let fine = i64x2.splat(-1);
    let outflowBefore = zero;
    let sigmaDotBefore = zero;
    let divergenceAbove: f64 = 0;
    for (let k: usize = 0; k < L; k += vector) {
      const table = levelTable + k;
      const uAt = wind + k;
      const vAt = uAt + L;
      const tAt = scalar + 2 * L + k;
      const u = v128.load(uAt);
      const v = v128.load(vAt);
      const temperature = v128.load(tAt);
      const divergence = v128.load(scalar + L + k);
      const speedSquared = f64x2.mul(f64x2.add(f64x2.mul(u, u), f64x2.mul(v, v)), inverse);
      fine = v128.and(fine, f64x2.lt(speedSquared, limit));

      const outflow = v128.load(scratch + L + k);
      const outflowAbove = i64x2.shuffle(outflowBefore, outflow, 1, 2);
      outflowBefore = outflow;
      const sigmaDotBelow = f64x2.sub(f64x2.mul(v128.load(table + L), wholeOutflow), outflow);
      const sigmaDotAbove = i64x2.shuffle(sigmaDotBefore, sigmaDotBelow, 1, 2);
      sigmaDotBefore = sigmaDotBelow;
      const halfInverse = v128.load(table + 2 * L);
      const up = f64x2.mul(halfInverse, sigmaDotAbove);
      const down = f64x2.mul(halfInverse, sigmaDotBelow);
      const uLifted = lifted(uAt, u, up, down);
      const vLifted = lifted(vAt, v, up, down);
      const tLifted = lifted(tAt, temperature, up, down);

      const warmth = f64x2.sub(temperature, reference);
      const absolute = f64x2.add(v128.load(scalar + k), coriolis);
      const push = f64x2.mul(gas, warmth);
      const east = f64x2.sub(f64x2.sub(f64x2.mul(v, absolute), uLifted), f64x2.mul(push, zonal));
      const north = f64x2.sub(
        f64x2.sub(f64x2.mul(f64x2.neg(u), absolute), vLifted),
        f64x2.mul(push, meridional),
      );
      let to = flux + k;
      v128.store(to, f64x2.mul(east, inverse));
      to += L;
      v128.store(to, f64x2.mul(north, inverse));
      to += L;
      v128.store(to, f64x2.mul(f64x2.mul(u, warmth), inverse));
      to += L;
      v128.store(to, f64x2.mul(f64x2.mul(v, warmth), inverse));
      to += L;
      v128.store(to, f64x2.mul(half, speedSquared));
      to += L;

      const ratio = v128.load(table + 3 * L);
      const squeezed = f64x2.add(
        f64x2.mul(ratio, outflowAbove),
        f64x2.mul(v128.load(table + 4 * L), f64x2.sub(outflow, outflowAbove)),
      );
      const spread = f64x2.mul(divergence, v128.load(table));
      const lower = divergenceAbove + f64x2.extract_lane(spread, 0);
      const squeezedByDivergence = f64x2.add(
        f64x2.mul(ratio, f64x2(divergenceAbove, lower)),
        f64x2.mul(v128.load(table + 5 * L), divergence),
      );
      divergenceAbove = lower + f64x2.extract_lane(spread, 1);
      const conversion = f64x2.mul(
        kappas,
        f64x2.add(
          f64x2.mul(temperature, f64x2.sub(v128.load(scratch + k), squeezed)),
          f64x2.mul(reference, squeezedByDivergence),
        ),
      );
      let warming = f64x2.add(f64x2.sub(f64x2.mul(warmth, divergence), tLifted), conversion);
      if (forced) {
        const depth = f64x2.add(logRatio, v128.load(table + 6 * L));
        const warm = f64x2.mul(
          f64x2.mul(f64x2.sub(surface, f64x2.mul(stability, depth)), exner),
          v128.load(table + 7 * L),
        );
        const relaxation = f64x2.mul(v128.load(rate + k), f64x2.sub(f64x2.max(cold, warm), temperature));
        warming = f64x2.add(warming, first ? relaxation : v128.load(heat + k));
        v128.store(heat + k, relaxation);
      }
      v128.store(to, warming);
    }
    if (!i64x2.all_true(fine)) return point;
    scalar += 3 * L;
    wind += 2 * L;
    pressure += pressureBytes;
    flux += 6 * L;
    pressureFlux += vector;
    heat += L;
    if (++column == longitudes) {
      column = 0;
      row += 5 * number;
      rate += L;
    }
  }
  return -1;
}

/** σ̇ ∂x/∂σ */
@inline
function lifted(at: usize, x: v128, up: v128, down: v128): v128 {
  return f64x2.add(
    f64x2.mul(down, f64x2.sub(v128.load(at + number), x)),
    f64x2.mul(up, f64x2.sub(x, v128.load(at - number))),
  );
}
