/**
 * Stochastically perturbed tendencies (SPPT): the increment of a step is scaled by one random pattern r(λ, φ, t), the
 * same for every channel, so that what changes together goes on doing so:
 *   x(t + Δt) ← x(t) + (1 + μ r) (x(t + Δt) − x(t)),  computed as  x(t + Δt) + μ r (x(t + Δt) − x(t)),
 * which leaves a channel that does not change, or r = 0, as it was to the bit.
 * r is a sum of correlated Gaussian fields of several scales, of variance Σσ², held within ± clip · √Σσ² and within
 * ± 1, so that no increment changes its sign. μ is 1 but where the scheme fades out: towards the stratosphere and
 * towards the ground.
 * Palmer et al. 2009, ECMWF Tech. Memo. 598, eq. 3; Buizza et al. 1999, Q. J. R. Meteorol. Soc. 125, 2887. There the
 * tendency is that of the parametrised physics alone; a network has no such part, and here it is the whole increment of
 * the model. Each channel is scaled where it lies: a model that carries vorticity beside the wind made of it has
 * increments of both scaled, which differ by r's slope (v × ∇r), and goes on from those it integrates.
 *
 * What whole increments bring with them: a wave that turns by θ in a step, x(t + Δt) = e^(iθ) x(t), gains energy, for
 *   ⟨|x + (1 + r)(e^(iθ) − 1) x|²⟩ = (1 + 2 ⟨r²⟩ (1 − cos θ)) |x|²,  at most 1 + 4 ⟨r²⟩,
 * and more where r lasts for several steps. Waves of weather turn little in six hours, gravity waves fully. On day ten
 * of the nature model (T21, at rest but for its jet, τ = 6 h) the divergence at 375 hPa is 6·10⁻⁸ s⁻¹ for σ = 0.1,
 * 6 to 10·10⁻⁷ for 0.2 and 2·10⁻⁵ for 0.3; members of 0.5 break on day five. The network that ships, of steps of 24 h, bears no
 * more: of 24 members over ten days none has wind beyond 120 m s⁻¹ at 250 hPa with one scale of 0.2, nor with the three of
 * the IFS at a quarter of their σ (0.14 together); with one of 0.25 there are 5, of 0.3 18, with the three at 0.2 together
 * 10, and with those of the IFS as they are all 24 by day three.
 */
import { usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { MemberKey, StepPerturbation, StepStreams } from '../../core/interfaces.js';
import { channelName } from '../../core/schema.js';
import { blockWidth } from '../../core/sphere/plainKernels.js';
import { heatKernelAmplitudes } from '../fields/heatKernel.js';
import { requireResolved } from '../fields/noiseScales.js';
import { createRandomField } from '../fields/randomField.js';
import type { PerturbationContext, TendencySource } from '../source.js';
import { clippedNormal } from './clippedNormal.js';
import { pointBlock } from './pointBlock.js';

/** Share of clipped draws from which on it is said. */
const notedShare = 0.01;
/** a of `clippedNormal` where that share is clipped. */
const notedLimit = 2.576;
/** Standard deviation of r that every model tried has borne; of short steps, that of which the fastest waves' energy e-folds in a day. */
const bearable = (stepHours: number): number => Math.min(0.14, Math.sqrt(Math.expm1(stepHours / 24) / 4));

/** @throws {PlumeError} usage, for a parameter out of its range, or where μ leaves no channel to perturb */
export function createSppt(source: TendencySource, context: PerturbationContext): StepPerturbation {
  requireParameters(source);
  const { grid, channels } = context.schema;
  const factors = channelFactors(source, context);
  if (factors.every((factor) => factor === 0)) {
    throw usageError(
      `sppt: no channel of the model (${channels.map(channelName).join(', ')}) is left to perturb: they lie above ` +
        'stratosphere, below boundary-layer, or at the surface, where the factor is 0; set surface=1, stratosphere=off ' +
        'or boundary-layer=off',
    );
  }
  for (const { lengthKm } of source.scales) requireResolved(grid, lengthKm);
  const points = gridSize(grid);
  const deviation = standardDeviation(source);
  const limit = Math.min(1, source.clip * deviation);
  const field = createRandomField(grid, {
    scales: source.scales.map(({ sigma, lengthKm, timeHours }) => ({
      amplitudes: heatKernelAmplitudes(lengthKm).map((amplitude) => sigma * amplitude),
      timeHours,
    })),
    stepHours: context.stepHours,
    purpose: 'sppt',
    antithetic: source.antithetic,
  });

  return {
    notes: [
      ...clipNotes(source, deviation, limit / deviation),
      ...waveNotes(source, deviation, limit / deviation, context.stepHours),
    ],
    memoryBytes: (rows) => field.memoryBytes(rows) + 4 * Math.min(blockWidth, rows) * points,
    streams: (keys) => makeStreams(keys),
  };

  function makeStreams(keys: readonly MemberKey[]): StepStreams {
    const streams = field.streams(keys);
    const most = Math.min(blockWidth, keys.length);
    const patterns = new Float32Array(most * points);
    return {
      apply({ firstRow, rows, before, after }) {
        for (let done = 0; done < rows; done += most) {
          const count = Math.min(most, rows - done);
          streams.next(firstRow + done, count, patterns);
          for (let row = 0; row < count; row++) {
            const at = (done + row) * factors.length * points;
            scaleIncrements(before, after, at, factors, patterns, row * points, points, limit);
          }
        }
      },
    };
  }
}

/** One row: x ← x + μ r (x − x(t)), r held within ± limit. */
function scaleIncrements(
  before: Float32Array,
  after: Float32Array,
  at: number,
  factors: Float64Array,
  patterns: Float32Array,
  patternAt: number,
  points: number,
  limit: number,
): void {
  for (let first = 0; first < points; first += pointBlock) {
    const count = Math.min(pointBlock, points - first);
    for (let i = 0; i < count; i++) {
      clipped[i] = Math.max(-limit, Math.min(limit, patterns[patternAt + first + i]!));
    }
    for (let channel = 0; channel < factors.length; channel++) {
      const factor = factors[channel]!;
      if (factor === 0) continue;
      const offset = at + channel * points + first;
      for (let i = 0; i < count; i++) {
        const value = after[offset + i]!;
        after[offset + i] = value + factor * clipped[i]! * (value - before[offset + i]!);
      }
    }
  }
}

/** r of some points. */
const clipped = new Float64Array(pointBlock);

/** μ of every channel. A channel without a level that lies at 1000 hPa is one of the surface. */
function channelFactors(
  { stratosphere, boundaryLayer, surface }: TendencySource,
  { schema, pressures }: PerturbationContext,
): Float64Array {
  return Float64Array.from(schema.channels, ({ level }, channel) => {
    const pressure = pressures[channel]!;
    if (level === null && pressure >= 1000) return surface;
    return fall(pressure, stratosphere) * fall(pressure / 1000, boundaryLayer);
  });
}

/** From 1 at and beyond the first of the two ends to 0 at and beyond the second. */
function fall(x: number, ends: readonly [number, number] | null): number {
  if (ends === null) return 1;
  return Math.max(0, Math.min(1, (x - ends[1]) / (ends[0] - ends[1])));
}

function standardDeviation({ scales }: TendencySource): number {
  return Math.sqrt(scales.reduce((sum, { sigma }) => sum + sigma * sigma, 0));
}

/** @param limit of r in standard deviations */
function clipNotes({ clip, scales }: TendencySource, deviation: number, limit: number): string[] {
  const { share, varianceLost } = clippedNormal(limit);
  if (share <= notedShare) return [];
  const smaller = notedLimit * deviation > 1 ? 1 / (notedLimit * deviation) : 1;
  const sigmas = scales.map(({ sigma }) => roundedDown(sigma * smaller)).join('/');
  const remedy = [
    ...(clip < notedLimit ? [`clip=${notedLimit.toFixed(2)}`] : []),
    ...(smaller < 1 ? [`sigma=${sigmas} in place of ${scales.map(({ sigma }) => sigma).join('/')}`] : []),
  ];
  const cause =
    clip * deviation <= 1 ? `clip=${clip} holds` : 'no increment may change its sign, which holds';
  return [
    `sppt: ${cause} r within ±${(limit * deviation).toFixed(2)}: ${(100 * share).toFixed(1)} % of its values are ` +
      `clipped, and ${(100 * varianceLost).toFixed(1)} % of its variance is lost; ${remedy.join(' and ')} clips 1 %`,
  ];
}

/** @param limit of r in standard deviations */
function waveNotes(
  { scales }: TendencySource,
  deviation: number,
  limit: number,
  stepHours: number,
): string[] {
  const variance = deviation ** 2 * (1 - clippedNormal(limit).varianceLost);
  const enough = bearable(stepHours);
  // what follows the advice is said nothing of
  if (Math.sqrt(variance) <= enough * 1.01) return [];
  const sigmas = scales.map(({ sigma }) => roundedDown((sigma * enough) / deviation)).join('/');
  return [
    `sppt: it scales whole increments of ${stepHours} h by 1 + r, and r has standard deviation ` +
      `${Math.sqrt(variance).toFixed(2)}: the energy of a wave that turns half round in a step grows by ` +
      `${Math.round(400 * variance)} % a step, and a model that does not damp it breaks (the network that ships from 0.2 on, ` +
      `the dycore at 0.5); sigma=${sigmas} in place of ${scales.map(({ sigma }) => sigma).join('/')} has ` +
      `${roundedDown(enough)}`,
  ];
}

/** To two digits. */
function roundedDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.floor(value / unit) * unit).toPrecision(2));
}

function requireParameters({ scales, clip, stratosphere, boundaryLayer, surface }: TendencySource): void {
  if (scales.length === 0)
    throw usageError('sppt: it has no scales; give at least one sigma, length and time');
  for (const { sigma } of scales) {
    if (!(sigma > 0 && Number.isFinite(sigma))) {
      throw usageError(
        `sppt: sigma is ${sigma}; it must be positive, such as 0.52: leave the scale out instead`,
      );
    }
  }
  if (!(clip > 0)) {
    throw usageError(`sppt: clip is ${clip}; it must be positive, such as 1.8 standard deviations of r`);
  }
  if (stratosphere !== null && !(stratosphere[0] > stratosphere[1] && stratosphere[1] >= 0)) {
    throw usageError(
      `sppt: stratosphere is ${stratosphere.join('/')} hPa; μ falls upwards from the first to the second: ` +
        'give the higher pressure first, such as 100/50',
    );
  }
  if (boundaryLayer !== null && !(boundaryLayer[0] < boundaryLayer[1] && boundaryLayer[0] >= 0)) {
    throw usageError(
      `sppt: boundary-layer is ${boundaryLayer.join('/')}; μ falls downwards from the first share of 1000 hPa to the ` +
        'second: give the lower one first, such as 0.87/0.97',
    );
  }
  if (!(surface >= 0 && surface <= 1)) {
    throw usageError(`sppt: surface is ${surface}; it must lie from 0 (not perturbed) to 1 (as aloft)`);
  }
}
