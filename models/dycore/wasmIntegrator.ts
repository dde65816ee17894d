/**
 * The dycore's arithmetic in WebAssembly (kernels/, built by .ci/setup.mjs), on the memory of its transform: batches are
 * made, transformed and used where they lie. Levels are padded to an even number, with fields that are zero. The winds
 * have a batch of their own, so that a state is transformed as it lies.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { internalError } from '../../core/errors.js';
import { makeCalculusTable } from './calculusTable.js';
import { earthRadius, gasConstant, kappa, referencePressure, rotationRate } from './constants.js';
import { dampingFactors } from './damping.js';
import { coldest, makeNewtonianRelaxation } from './heldSuarez.js';
import { filterStrength, type Integrator, type IntegratorPlan, williams } from './integrator.js';
import { brokenWind, fastestWind } from './primitiveEquations.js';
import { inverseMatrices, referenceTemperature } from './semiImplicit.js';
import { conversionMatrix, hydrostaticMatrix } from './sigmaLevels.js';

/** What the module exports; addresses in bytes. */
interface Exports {
  configureColumns(rows: number, longitudes: number, levels: number, ...addresses: number[]): void;
  configureSpectra(truncation: number, coefficients: number, levels: number, ...addresses: number[]): void;
  spread(state: number): void;
  meanPressure(): number;
  shiftPressure(shift: number, logReference: number, kappa: number): void;
  columns(
    forced: number,
    first: number,
    logReference: number,
    coldest: number,
    kappa: number,
    gasConstant: number,
    referenceTemperature: number,
    limitSquared: number,
  ): number;
  step(
    before: number,
    now: number,
    next: number,
    delta: number,
    interval: number,
    implicitness: number,
    solvers: number,
    dampers: number,
    pressureFactor: number,
    filterShare: number,
    williams: number,
  ): void;
}

/** Fields of a level that one transform takes, and those of pressure. */
const scalarFields = 3;
const windFields = 2;
const fluxFields = 6;
const pressureFields = 4;
const pressureFluxFields = 2;

/** @throws {PlumeError} internal, when the kernels are not built or the transform has no memory for them */
export function wasmIntegrator(plan: IntegratorPlan): Integrator {
  const { transform, levels, forced, groundGeopotential } = plan;
  const { truncation, coefficients, degrees, longitudes, sines, cosines, weights, memory } = transform;
  if (memory === null) throw internalError('the dycore kernels need a transform in WebAssembly');
  const L = levels.count;
  const P = L + (L % 2);
  const rows = sines.length;
  const points = rows * longitudes;
  const relaxation = makeNewtonianRelaxation(sines, cosines, levels.full);

  const states = [0, 1, 2].map(() => allocate(2 * coefficients * (scalarFields * P + 1)));
  const fieldsOf = states.map((state) => state.subarray(0, 2 * coefficients * scalarFields * P));
  const pressureOf = states.map((state) => state.subarray(2 * coefficients * scalarFields * P));
  const spectral = (fields: number): Float64Array => allocate(2 * coefficients * fields);
  const grid = (fields: number): Float64Array => allocate(points * fields);
  const windSpectra = spectral(windFields * P);
  const pressureSpectra = spectral(pressureFields);
  const fluxSpectra = spectral(fluxFields * P);
  const pressureFluxSpectra = spectral(pressureFluxFields);
  const scalars = grid(scalarFields * P);
  const winds = grid(windFields * P);
  const pressures = grid(pressureFields);
  const fluxes = grid(fluxFields * P);
  const pressureFluxes = grid(pressureFluxFields);

  const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
  const kernels = instance.exports as unknown as Exports;
  kernels.configureColumns(
    rows,
    longitudes,
    P,
    placed(rowTable()),
    placed(levelTable()),
    placed(byLevel(forced ? relaxation.rates : new Float64Array(rows * L))),
    scalars.byteOffset,
    winds.byteOffset,
    pressures.byteOffset,
    fluxes.byteOffset,
    pressureFluxes.byteOffset,
    allocate(points * P).byteOffset,
    allocate(2 * P).byteOffset,
  );
  kernels.configureSpectra(
    truncation,
    coefficients,
    P,
    placed(coefficientTable()),
    windSpectra.byteOffset,
    pressureSpectra.byteOffset,
    fluxSpectra.byteOffset,
    pressureFluxSpectra.byteOffset,
    placed(byLevel(levels.thickness)),
    placed(byColumn(hydrostaticMatrix(levels))),
    placed(byColumn(conversionMatrix(levels, referenceTemperature))),
    allocate(8 * P).byteOffset,
  );
  const schemes = plan.schemes.map(({ interval, implicitness }) => {
    const delta = implicitness * interval;
    const solvers = inverseMatrices(levels, truncation, delta);
    const { momentum, heat } = dampingFactors(truncation, plan.friction, interval);
    const dampers = new Float64Array((truncation + 1) * 2 * P);
    for (let n = 0; n <= truncation; n++) {
      dampers.set(momentum.subarray(n * L, (n + 1) * L), 2 * n * P);
      dampers.fill(heat[n]!, (2 * n + 1) * P, (2 * n + 1) * P + L);
    }
    return {
      delta,
      interval,
      implicitness,
      solvers: placed(Float64Array.from(solvers.flatMap((matrix) => [...byColumn(matrix)]))),
      dampers: placed(dampers),
    };
  });
  let first = true;
  let massCorrection = 0;

  return {
    get massCorrection() {
      return massCorrection;
    },
    load(state, slot) {
      first = true;
      for (const values of states) values.fill(0);
      const { vorticity, divergence, temperature } = state;
      const fields = fieldsOf[slot]!;
      for (let row = 0, from = 0; row < 2 * coefficients; row++) {
        for (let k = 0, to = row * scalarFields * P; k < L; k++, from++, to++) {
          fields[to] = vorticity[from]!;
          fields[to + P] = divergence[from]!;
          fields[to + 2 * P] = temperature[from]!;
        }
      }
      pressureOf[slot]!.set(state.logPressure);
    },
    store(slot, state) {
      const { vorticity, divergence, temperature } = state;
      const fields = fieldsOf[slot]!;
      for (let row = 0, to = 0; row < 2 * coefficients; row++) {
        for (let k = 0, from = row * scalarFields * P; k < L; k++, from++, to++) {
          vorticity[to] = fields[from]!;
          divergence[to] = fields[from + P]!;
          temperature[to] = fields[from + 2 * P]!;
        }
      }
      state.logPressure.set(pressureOf[slot]!);
    },
    tendencies(slot) {
      kernels.spread(states[slot]!.byteOffset);
      transform.synthesize(fieldsOf[slot]!, scalarFields * P, scalars);
      transform.synthesize(windSpectra, windFields * P, winds);
      transform.synthesize(pressureSpectra, pressureFields, pressures);
      const shift = Math.log(referencePressure / kernels.meanPressure());
      massCorrection += Math.abs(shift);
      pressureOf[slot]![0]! += shift;
      kernels.shiftPressure(shift, relaxation.logReference, kappa);
      const broken = kernels.columns(
        Number(forced),
        Number(first),
        relaxation.logReference,
        coldest,
        kappa,
        gasConstant,
        referenceTemperature,
        fastestWind ** 2,
      );
      first = false;
      if (broken >= 0) throw broke(broken);
      transform.analyze(fluxes, fluxFields * P, fluxSpectra);
      transform.analyze(pressureFluxes, pressureFluxFields, pressureFluxSpectra);
    },
    step(scheme, before, now, next) {
      const { delta, interval, implicitness, solvers, dampers } = schemes[scheme]!;
      kernels.step(
        states[before]!.byteOffset,
        now === null ? 0 : states[now]!.byteOffset,
        states[next]!.byteOffset,
        delta,
        interval,
        implicitness,
        solvers,
        dampers,
        gasConstant * referenceTemperature,
        0.5 * filterStrength,
        williams,
      );
    },
  };

  /** Zeros between zeros: kernels read the neighbours of an array's ends. */
  function allocate(length: number): Float64Array {
    return transform.allocate(length + 16).subarray(8, 8 + length);
  }

  function placed(values: Float64Array): number {
    const array = allocate(values.length);
    array.set(values);
    return array.byteOffset;
  }

  /** [rows, L] → [rows, P] */
  function byLevel(values: Float64Array): Float64Array {
    const out = new Float64Array((values.length / L) * P);
    for (let row = 0; row * L < values.length; row++) {
      out.set(values.subarray(row * L, (row + 1) * L), row * P);
    }
    return out;
  }

  /** [L, L] → its transpose, [P, P] */
  function byColumn(matrix: Float64Array): Float64Array {
    const out = new Float64Array(P * P);
    for (let row = 0; row < L; row++) {
      for (let column = 0; column < L; column++) out[column * P + row] = matrix[row * L + column]!;
    }
    return out;
  }

  function rowTable(): Float64Array {
    return Float64Array.from(
      [...sines].flatMap((sine, row) => [
        2 * rotationRate * sine,
        1 / cosines[row]! ** 2,
        relaxation.surface[row]!,
        relaxation.stability[row]!,
        weights[row]!,
      ]),
    );
  }

  function levelTable(): Float64Array {
    const { half, thickness, logRatio, alpha } = levels;
    return byLevel(
      Float64Array.from([
        ...thickness,
        ...half.subarray(1),
        ...thickness.map((layer) => 0.5 / layer),
        ...thickness.map((layer, k) => logRatio[k]! / layer),
        ...thickness.map((layer, k) => alpha[k]! / layer),
        ...alpha,
        ...relaxation.logSigma,
        ...relaxation.sigmaToKappa,
      ]),
    );
  }

  function coefficientTable(): Float64Array {
    const { wind, gradient, divergence } = makeCalculusTable(transform, earthRadius);
    return Float64Array.from(
      [...degrees].flatMap((n, i) => [
        ...[wind, gradient, divergence].flatMap(({ wave, above, below }) => [wave[i]!, above[i]!, below[i]!]),
        (n * (n + 1)) / earthRadius ** 2,
        groundGeopotential?.[2 * i] ?? 0,
        groundGeopotential?.[2 * i + 1] ?? 0,
      ]),
    );
  }

  function broke(point: number): Error {
    const cosine = cosines[Math.floor(point / longitudes)]!;
    for (let k = 0; k < L; k++) {
      const u = winds[point * windFields * P + k]!;
      const v = winds[point * windFields * P + P + k]!;
      const speedSquared = (u * u + v * v) * (1 / cosine ** 2);
      if (!(speedSquared < fastestWind ** 2)) return brokenWind(levels, k, speedSquared);
    }
    return internalError('the dycore kernels found a broken wind where there is none');
  }
}

let moduleOfProcess: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  const file = wasmFile();
  if (file === null) throw internalError('the dycore kernels are not built; run npm run setup');
  moduleOfProcess ??= new WebAssembly.Module(readFileSync(file));
  return moduleOfProcess;
}

/** Whether the kernels have been built. */
export function hasWasmIntegrator(): boolean {
  return wasmFile() !== null;
}

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function wasmFile(): string | null {
  const places = ['./kernels/dycore.wasm', '../../dist/models/dycore/kernels/dycore.wasm'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? null;
}
