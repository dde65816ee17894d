/**
 * What the dycore does on spectra, two levels at a time (AssemblyScript): winds and gradients of
 * core/sphere/vectorCalculus.ts, tendencies of models/dycore/primitiveEquations.ts, and in one pass with these the step
 * of semiImplicit.ts, the damping and the filter of plainIntegrator.ts, which say what is what, with the same operations
 * in the same order, so that the two agree to the bit. Addresses and distances are in bytes; levels are padded to an
 * even number.
 *
 * A state is ζ, D, T as [coefficient, 2, 3 levels], then ln pₛ as [coefficient, 2].
 */

const number: usize = 8;
const vector: usize = 16;
/** Numbers of a coefficient in its table. */
const record: usize = 12;

let truncation: i32 = 0;
let coefficients: i32 = 0;
let levelBytes: usize = 0;
/** [coefficient][12]: wave, above, below of the wind, of gradients, of divergences; n(n + 1)/a²; Φₛ (2). */
let calculus: usize = 0;
/** U, V, [coefficient, 2, 2 levels] */
let winds: usize = 0;
/** ln pₛ, its gradient, and nothing, [coefficient, 2, 4] */
let pressures: usize = 0;
/** A, B, U T′, V T′, E, ∂T/∂t, [coefficient, 2, 6 levels] */
let fluxes: usize = 0;
/** ∂ ln pₛ/∂t, and nothing, [coefficient, 2, 2] */
let pressureFluxes: usize = 0;
/** Δσ */
let thickness: usize = 0;
/** Columns of G and of κ T̄ S, [column, level] */
let hydrostatic: usize = 0;
let conversion: usize = 0;
/** [4][2 (cos, sin), level] */
let scratch: usize = 0;

export function configureSpectra(
  itsTruncation: i32,
  itsCoefficients: i32,
  itsLevels: i32,
  itsCalculus: usize,
  itsWinds: usize,
  itsPressures: usize,
  itsFluxes: usize,
  itsPressureFluxes: usize,
  itsThickness: usize,
  itsHydrostatic: usize,
  itsConversion: usize,
  itsScratch: usize,
): void {
  truncation = itsTruncation;
  coefficients = itsCoefficients;
  levelBytes = <usize>itsLevels * number;
  calculus = itsCalculus;
  winds = itsWinds;
  pressures = itsPressures;
  fluxes = itsFluxes;
  pressureFluxes = itsPressureFluxes;
  thickness = itsThickness;
  hydrostatic = itsHydrostatic;
  conversion = itsConversion;
  scratch = itsScratch;
}

@inline
function pressureOf(state: usize): usize {
  return state + <usize>coefficients * 6 * levelBytes;
}

/** The wind of a state's ζ and D, and the gradient of its ln pₛ. */
export function spread(state: usize): void {
  const L = levelBytes;
  const rowBytes: usize = L * 3;
  let from = state;
  let pressure = pressureOf(state);
  let table = calculus;
  let to = winds;
  let toPressure = pressures;
  for (let m = 0; m <= truncation; m++) {
    for (let n = m; n <= truncation + 1; n++) {
      const high = n < truncation ? 2 : 0;
      const low = n > m ? 2 : 0;
      const wave = load<f64>(table);
      const above = v128.load64_splat(table, 8);
      const below = v128.load64_splat(table, 16);
      const minusAbove = f64x2.neg(above);
      const minusBelow = f64x2.neg(below);
      for (let part = 0; part < 2; part++) {
        const own = from + <usize>part * rowBytes;
        const turned = from + <usize>(1 - part) * rowBytes;
        const signed = f64x2.splat(part == 0 ? wave : -wave);
        const upper = own + <usize>high * rowBytes;
        const lower = own - <usize>low * rowBytes;
        const out = to + <usize>part * 2 * L;
        for (let k: usize = 0; k < L; k += vector) {
          const slopeOfVorticity = f64x2.add(
            f64x2.mul(minusAbove, v128.load(upper + k)),
            f64x2.mul(minusBelow, v128.load(lower + k)),
          );
          const slopeOfDivergence = f64x2.add(
            f64x2.mul(above, v128.load(upper + L + k)),
            f64x2.mul(below, v128.load(lower + L + k)),
          );
          v128.store(out + k, f64x2.add(f64x2.mul(signed, v128.load(turned + L + k)), slopeOfVorticity));
          v128.store(out + L + k, f64x2.add(f64x2.mul(signed, v128.load(turned + k)), slopeOfDivergence));
        }
        const ownPressure = pressure + <usize>part * number;
        const zonal = load<f64>(table, 24) * load<f64>(pressure + <usize>(1 - part) * number);
        const outPressure = toPressure + <usize>part * 4 * number;
        store<f64>(outPressure, load<f64>(ownPressure));
        store<f64>(outPressure, part == 0 ? zonal : -zonal, 8);
        store<f64>(
          outPressure,
          load<f64>(table, 32) * load<f64>(ownPressure + <usize>high * number) +
            load<f64>(table, 40) * load<f64>(ownPressure - <usize>low * number),
          16,
        );
      }
      from += 2 * rowBytes;
      pressure += 2 * number;
      table += record * number;
      to += 4 * L;
      toPressure += 8 * number;
    }
  }
}

/**
 * One step from `before` to `next`, with the tendencies of the fluxes; then damping; then, where `now` is not 0, the
 * filter of all three.
 * @param delta β (t⁺ − t⁻)
 * @param interval t⁺ − t⁻
 * @param solvers columns of (I + δ² cₙ B)⁻¹, [n, column, level]
 * @param dampers [n, 2 (ζ and D, T), level], 0 for padding
 * @param filterShare ν/2; williams α
 */
export function step(
  before: usize,
  now: usize,
  next: usize,
  delta: f64,
  interval: f64,
  implicitness: f64,
  solvers: usize,
  dampers: usize,
  pressureFactor: f64,
  filterShare: f64,
  williams: f64,
): void {
  const L = levelBytes;
  const rowBytes: usize = L * 6;
  const levels = L / number;
  const deltas = f64x2.splat(delta);
  const intervals = f64x2.splat(interval);
  const implicit = f64x2.splat(implicitness);
  const warmth = scratch;
  const right = scratch + 2 * L;
  const mean = scratch + 4 * L;
  const product = scratch + 6 * L;
  let coefficient = 0;
  for (let m = 0; m <= truncation; m++) {
    for (let n = m; n <= truncation; n++) {
      const row: usize = <usize>coefficient * 2;
      const table = calculus + <usize>coefficient * record * number;
      const flux = fluxes + row * rowBytes;
      const old = before + row * 3 * L;
      const to = next + row * 3 * L;
      const oldPressure = pressureOf(before) + row * number;
      const toPressure = pressureOf(next) + row * number;
      const wave = load<f64>(table, 48);
      const above = v128.load64_splat(table, 56);
      const below = v128.load64_splat(table, 64);
      const minusAbove = f64x2.neg(above);
      const minusBelow = f64x2.neg(below);
      const curvature = v128.load64_splat(table, 72);
      const low = n > m ? rowBytes * 2 : 0;
      const solver = solvers + <usize>n * levels * L;
      const damper = dampers + <usize>n * 2 * L;

      // tendencies, explicit ones where the new state will lie
      for (let part: usize = 0; part < 2; part++) {
        const signed = f64x2.splat(part == 0 ? wave : -wave);
        const own = flux + part * rowBytes;
        const turned = flux + (1 - part) * rowBytes;
        const upper = own + 2 * rowBytes;
        const lower = own - low;
        const ground = v128.load64_splat(table + part * number, 80);
        const at = old + part * 3 * L;
        const out = to + part * 3 * L;
        for (let k: usize = 0; k < L; k += vector) {
          const upperEast = v128.load(upper + k);
          const upperNorth = v128.load(upper + L + k);
          const lowerEast = v128.load(lower + k);
          const lowerNorth = v128.load(lower + L + k);
          const turning = f64x2.add(
            f64x2.mul(signed, v128.load(turned + L + k)),
            f64x2.add(f64x2.mul(minusAbove, upperEast), f64x2.mul(minusBelow, lowerEast)),
          );
          const spreading = f64x2.add(
            f64x2.add(
              f64x2.mul(signed, v128.load(turned + k)),
              f64x2.add(f64x2.mul(above, upperNorth), f64x2.mul(below, lowerNorth)),
            ),
            f64x2.mul(curvature, f64x2.add(v128.load(own + 4 * L + k), ground)),
          );
          const carried = f64x2.add(
            f64x2.mul(signed, v128.load(turned + 2 * L + k)),
            f64x2.add(
              f64x2.mul(above, v128.load(upper + 3 * L + k)),
              f64x2.mul(below, v128.load(lower + 3 * L + k)),
            ),
          );
          const warming = f64x2.sub(v128.load(own + 5 * L + k), carried);
          const whirled = f64x2.add(v128.load(at + k), f64x2.mul(intervals, turning));
          v128.store(out + k, f64x2.mul(whirled, v128.load(damper + k)));
          v128.store(out + L + k, spreading);
          v128.store(out + 2 * L + k, warming);
          v128.store(
            warmth + part * L + k,
            f64x2.add(v128.load(at + 2 * L + k), f64x2.mul(deltas, warming)),
          );
        }
      }

      const pressureFlux = pressureFluxes + row * vector;
      const cosPressure = load<f64>(oldPressure) + delta * load<f64>(pressureFlux);
      const sinPressure = load<f64>(oldPressure, 8) + delta * load<f64>(pressureFlux, 16);
      for (let k: usize = 0; k < L; k += vector) {
        let cos = f64x2.splat(pressureFactor * cosPressure);
        let sin = f64x2.splat(pressureFactor * sinPressure);
        for (let j = k; j < L; j += number) {
          const column = v128.load(hydrostatic + j * levels + k);
          cos = f64x2.add(cos, f64x2.mul(column, v128.load64_splat(warmth + j)));
          sin = f64x2.add(sin, f64x2.mul(column, v128.load64_splat(warmth + L + j)));
        }
        const tendency = f64x2.add(v128.load(to + L + k), f64x2.mul(curvature, cos));
        const sinTendency = f64x2.add(v128.load(to + 4 * L + k), f64x2.mul(curvature, sin));
        v128.store(right + k, f64x2.add(v128.load(old + L + k), f64x2.mul(deltas, tendency)));
        v128.store(right + L + k, f64x2.add(v128.load(old + 4 * L + k), f64x2.mul(deltas, sinTendency)));
      }
      for (let k: usize = 0; k < L; k += vector) {
        let cos = f64x2.splat(0);
        let sin = f64x2.splat(0);
        for (let j: usize = 0; j < L; j += number) {
          const column = v128.load(solver + j * levels + k);
          cos = f64x2.add(cos, f64x2.mul(column, v128.load64_splat(right + j)));
          sin = f64x2.add(sin, f64x2.mul(column, v128.load64_splat(right + L + j)));
        }
        v128.store(mean + k, cos);
        v128.store(mean + L + k, sin);
      }
      for (let k: usize = 0; k < L; k += vector) {
        let cos = f64x2.splat(0);
        let sin = f64x2.splat(0);
        for (let j: usize = 0; j < k + vector; j += number) {
          const column = v128.load(conversion + j * levels + k);
          cos = f64x2.add(cos, f64x2.mul(column, v128.load64_splat(mean + j)));
          sin = f64x2.add(sin, f64x2.mul(column, v128.load64_splat(mean + L + j)));
        }
        v128.store(product + k, cos);
        v128.store(product + L + k, sin);
      }
      for (let part: usize = 0; part < 2; part++) {
        const at = old + part * 3 * L;
        const out = to + part * 3 * L;
        let outflow: f64 = 0;
        for (let k: usize = 0; k < L; k += vector) {
          const means = v128.load(mean + part * L + k);
          const oldDivergence = v128.load(at + L + k);
          const newDivergence = f64x2.add(
            oldDivergence,
            f64x2.div(f64x2.sub(means, oldDivergence), implicit),
          );
          v128.store(out + L + k, f64x2.mul(newDivergence, v128.load(damper + k)));
          const cooling = v128.load(product + part * L + k);
          const newTemperature = f64x2.add(
            v128.load(at + 2 * L + k),
            f64x2.mul(intervals, f64x2.sub(v128.load(out + 2 * L + k), cooling)),
          );
          v128.store(out + 2 * L + k, f64x2.mul(newTemperature, v128.load(damper + L + k)));
          const leaving = f64x2.mul(v128.load(thickness + k), means);
          outflow += f64x2.extract_lane(leaving, 0);
          outflow += f64x2.extract_lane(leaving, 1);
        }
        const tendency = load<f64>(pressureFlux + part * vector) - outflow;
        store<f64>(toPressure + part * number, load<f64>(oldPressure + part * number) + interval * tendency);
      }
      if (now != 0) {
        filter(old, now + row * 3 * L, to, 6 * L, filterShare, williams);
        filter(oldPressure, pressureOf(now) + row * number, toPressure, vector, filterShare, williams);
      }
      coefficient++;
    }
    coefficient++;
  }
}

@inline
function filter(before: usize, now: usize, next: usize, bytes: usize, share: f64, williams: f64): void {
  const shares = f64x2.splat(share);
  const toNow = f64x2.splat(williams);
  const toNext = f64x2.splat(1.0 - williams);
  const two = f64x2.splat(2);
  for (let i: usize = 0; i < bytes; i += vector) {
    const b = v128.load(now + i);
    const c = v128.load(next + i);
    const displacement = f64x2.mul(shares, f64x2.add(f64x2.sub(v128.load(before + i), f64x2.mul(two, b)), c));
    v128.store(now + i, f64x2.add(b, f64x2.mul(toNow, displacement)));
    v128.store(next + i, f64x2.sub(c, f64x2.mul(toNext, displacement)));
  }
}
