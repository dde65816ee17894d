/**
 * Stochastic kinetic-energy backscatter (SKEB): what a model dissipates by its coarseness comes back as a random wind
 * without divergence, that of a streamfunction increment ψ added at every step. Its harmonics follow first-order
 * autoregressions with time scale τ and amplitude ∝ nᵖ between two degrees; the mass field is left alone.
 * Berner et al. 2009, J. Atmos. Sci. 66, 603, eqs. 3–8; Shutts 2005, Q. J. R. Meteorol. Soc. 131, 3079; the constant
 * vertical structure and the defaults p = −1.83, 10⁻⁵ m² s⁻³, τ = 3 h are those of WRF (dyn_em/module_stoch.F).
 *
 * Normalisation. Let each real harmonic (mean square 1 over the sphere) have the stationary variance s_n² = b² n²ᵖ, so
 * that a step's wind has ⟨|δu|²⟩ = V = Σ (2n + 1) n(n + 1)/a² s_n². On air at rest N increments with correlation φ^|lag|,
 * φ = e^(−Δt/τ), sum to ⟨|Σδu|²⟩ → N V Σ_lag φ^|lag| = N V (1 + φ)/(1 − φ), less a constant that is reached within a few τ.
 * For the kinetic energy per unit mass, half of that, to rise by `rate` · Δt a step,
 *   b² = 2 rate Δt a² (1 − φ)/(1 + φ) / Γ,  Γ = Σ n(n + 1)(2n + 1) n²ᵖ,  (1 − φ)/(1 + φ) = tanh(Δt/2τ).
 * This is Berner et al.'s b = (4π a² α ΔE/(σ_z Γ))^½ for their recursion ψ̂ ← (1 − α) ψ̂ + √α b nᵖ ε, α = 1 − φ: its
 * stationary variance is σ_z b² n²ᵖ/(2 − α) for the real and the imaginary part each, and 1/2π of that for a cosine of
 * mean square 1 where their Y is orthonormal on the unit sphere; with ΔE = rate Δt the α/(2 − α) is tanh(Δt/2τ).
 */
import { usageError } from '../../core/errors.js';
import { type Grid, gridSize } from '../../core/grid.js';
import type { MemberKey, StepPerturbation, StepStreams } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { blockWidth } from '../../core/sphere/plainKernels.js';
import { type BalancedChannel, balancedChannels } from '../balance/channels.js';
import { earthRadius } from '../balance/planet.js';
import { createStreamfunctionWind } from '../balance/streamfunctionWind.js';
import { powerLawAmplitudes } from '../fields/powerLaw.js';
import { createSpectralProcess } from '../fields/spectralProcess.js';
import { resolvedDegree } from '../fields/spectrum.js';
import type { BackscatterSource, PerturbationContext } from '../source.js';
import { pointBlock } from './pointBlock.js';

/** @throws {PlumeError} usage, for a parameter out of its range, or a model without wind */
export function createBackscatter(source: BackscatterSource, context: PerturbationContext): StepPerturbation {
  const { schema, stepHours } = context;
  requireParameters(source);
  const channels = windChannels(context);
  const points = gridSize(schema.grid);
  const stateLength = schema.channels.length * points;
  const process = createSpectralProcess({
    scales: [{ amplitudes: harmonicAmplitudes(source, stepHours), timeHours: source.timeHours }],
    stepHours,
    purpose: 'backscatter',
    antithetic: source.antithetic,
  });
  const flow = createStreamfunctionWind(schema.grid, process.degree);
  const hasWind = channels.some(({ quantity }) => quantity !== 'vorticity');
  const hasVorticity = channels.some(({ quantity }) => quantity === 'vorticity');

  return {
    notes: resolutionNotes(source, schema.grid),
    memoryBytes: (rows) => {
      const most = Math.min(blockWidth, rows);
      const fields = (hasWind ? 2 : 0) + (hasVorticity ? 1 : 0);
      return flow.memoryBytes + process.memoryBytes(rows, most) + 4 * fields * most * points;
    },
    streams: (keys) => makeStreams(keys),
  };

  function makeStreams(keys: readonly MemberKey[]): StepStreams {
    const most = Math.min(blockWidth, keys.length);
    const streams = process.streams(keys, most);
    const wind = (): Float32Array => new Float32Array(hasWind ? most * points : 0);
    const fields = {
      eastward: wind(),
      northward: wind(),
      vorticity: new Float32Array(hasVorticity ? most * points : 0),
    };
    /** One row, whose fields begin at `from`. */
    const addWind = (after: Float32Array, to: number, from: number): void => {
      for (let first = 0; first < points; first += pointBlock) {
        const count = Math.min(pointBlock, points - first);
        for (const { channel, quantity, factor } of channels) {
          addScaled(after, to + channel * points + first, factor, fields[quantity], from + first, count);
        }
      }
    };
    return {
      apply({ firstRow, rows, after }) {
        for (let done = 0; done < rows; done += most) {
          const count = Math.min(most, rows - done);
          const psi = streams.next(firstRow + done, count);
          if (hasWind) flow.wind(psi, count, fields.eastward, fields.northward);
          if (hasVorticity) flow.vorticity(psi, count, fields.vorticity);
          for (let row = 0; row < count; row++) {
            addWind(after, (done + row) * stateLength, row * points);
          }
        }
      },
    };
  }
}

function addScaled(
  after: Float32Array,
  at: number,
  factor: number,
  increments: Float32Array,
  from: number,
  points: number,
): void {
  for (let point = 0; point < points; point++) after[at + point]! += factor * increments[from + point]!;
}

/** s_n by degree. */
function harmonicAmplitudes(
  { rate, timeHours, power, fromDegree, toDegree }: BackscatterSource,
  stepHours: number,
): Float64Array {
  const shape = powerLawAmplitudes(power, fromDegree, toDegree);
  // V of the shape, times a²
  const square = shape.reduce((sum, s, n) => sum + (2 * n + 1) * n * (n + 1) * s * s, 0);
  const memory = timeHours === 0 ? 1 : Math.tanh(stepHours / timeHours / 2);
  const scale = earthRadius * Math.sqrt((2 * rate * 3600 * stepHours * memory) / square);
  return shape.map((s) => scale * s);
}

interface WindChannel extends BalancedChannel {
  readonly quantity: 'eastward' | 'northward' | 'vorticity';
}

/** Wind and vorticity at all levels alike, near the ground as much weaker as friction makes it. */
function windChannels({ schema, pressures }: PerturbationContext): WindChannel[] {
  const named = schema.channels.some(({ variable }) => /^(u|v|vo)(10|100|_ml\d+)?$/.test(variable));
  const found = named ? balancedChannels(schema, pressures).filter(isWind) : [];
  if (found.length === 0) {
    throw usageError(
      `skeb: it adds wind, and there is no wind among the channels of the model ` +
        `(${schema.channels.map(channelName).join(', ')}): use a model with u and v, or another perturbation, such as sppt`,
    );
  }
  return found;
}

function isWind(channel: BalancedChannel): channel is WindChannel {
  return ['eastward', 'northward', 'vorticity'].includes(channel.quantity);
}

function resolutionNotes({ toDegree }: BackscatterSource, grid: Grid): string[] {
  if (gridSize(grid) === 1) return [];
  const resolved = resolvedDegree(grid);
  if (toDegree <= resolved) return [];
  return [
    `skeb: to-degree is ${toDegree}, and the grid shows degrees up to ${resolved}: the energy put in beyond it appears in ` +
      `longer waves, or is lost to the model; set to-degree=${resolved}`,
  ];
}

function requireParameters({ rate, timeHours }: BackscatterSource): void {
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw usageError(
      `skeb: rate is ${rate} m² s⁻³; it must be positive, such as 1e-5: leave the perturbation out instead`,
    );
  }
  if (!(timeHours >= 0 && Number.isFinite(timeHours))) {
    throw usageError(`skeb: time-hours is ${timeHours} h; it must be 0 (white in time) or more, such as 3`);
  }
}
