/**
 * Learned noise whose channels hang together as a flow in linear balance does (balance/balancedPattern.ts):
 *   x_c(t + Δt) ← x_c(t + Δt) + factor σ_v,c(x(t)) ⊙ b_c(t)/s_c(φ),
 * b one balanced flow from independent random streamfunctions ψ, s_c the standard deviation of its channel c at a
 * latitude, so that the amplitude the model has learned is kept, and with it the variance. The correlations between
 * channels and places are those of a balanced flow; balance itself holds as far as σ_v follows s.
 * Divergence has no noise. A channel that balance says nothing of (humidity, rain) has ψ itself, of the lowest mode.
 *
 * The horizontal fields of a member are processes of their own: field f of F draws as noise stream F j + f.
 */
import { gridSize } from '../../core/grid.js';
import type { MemberKey, StepPerturbation, StepStreams } from '../../core/interfaces.js';
import { makeSynthesis } from '../../core/sphere/synthesis.js';
import { type BalancedFlow, createBalancedPattern } from '../balance/balancedPattern.js';
import { antitheticKey } from '../fields/antithetic.js';
import { spectraOfScales } from '../fields/noiseScales.js';
import { createSpectralProcess, type SpectralScale } from '../fields/spectralProcess.js';
import type { LearnedNoiseSource, PerturbationContext } from '../source.js';
import { pointBlock } from './pointBlock.js';

/** The fewest with which temperature, the slope of geopotential, varies. */
const verticalModes = 2;

/** @throws {PlumeError} usage, for scales that the grid cannot show, or a schema that balance cannot serve */
export function createBalancedNoise(
  source: LearnedNoiseSource,
  context: PerturbationContext,
): StepPerturbation {
  const { schema, pressures, stepHours } = context;
  const { factor } = source;
  const scales = spectraOfScales(schema.grid, source.scales);
  const amplitudes = summedAmplitudes(scales);
  const process = createSpectralProcess({ scales, stepHours, purpose: 'balance', antithetic: false });
  const { grid } = schema;
  const pattern = createBalancedPattern({
    schema,
    pressures,
    amplitudes,
    balance: 'linear',
    verticalModes,
    equatorDegrees: 0,
    spread: null,
  });
  const { fields } = pattern;
  const points = gridSize(grid);
  const lines = grid.latitudes.length;
  const columns = grid.longitudes.length;
  const channels = schema.channels.length;
  const inverseDeviations = pattern.deviations.map((deviation) => (deviation > 0 ? 1 / deviation : 0));
  const others = [...schema.channels.keys()].filter((channel) => !pattern.channels.includes(channel));
  const synthesis = makeSynthesis(grid, process.degree);
  const rowsOfBlock = Math.max(1, Math.floor(pointBlock / columns));
  // Shared by all streams: a row uses them from beginning to end.
  const part = new Float32Array(rowsOfBlock * columns);
  const lowest = new Float32Array(others.length > 0 ? points : 0);

  const sharedBytes =
    pattern.memoryBytes +
    part.byteLength +
    lowest.byteLength +
    (others.length > 0 ? synthesis.memoryBytes : 0);
  return {
    memoryBytes: (rows) => sharedBytes + process.memoryBytes(fields * rows, fields),
    streams: (keys) => makeStreams(keys),
  };

  function makeStreams(keys: readonly MemberKey[]): StepStreams {
    const own = keys.map((key) => (source.antithetic ? antitheticKey(key) : { key, sign: 1 }));
    const streams = process.streams(
      own.flatMap(({ key }) =>
        Array.from({ length: fields }, (_, field) => ({
          ...key,
          noiseStream: fields * key.noiseStream + field,
        })),
      ),
      fields,
    );
    return {
      apply({ firstRow, rows, after, amplitude }) {
        if (amplitude === null) return;
        for (let row = 0; row < rows; row++) {
          const coefficients = streams.next(fields * (firstRow + row), fields);
          const strength = factor * own[firstRow + row]!.sign;
          addFlow(pattern.make(coefficients), after, amplitude, row * channels * points, strength);
          if (others.length === 0) continue;
          synthesis.evaluate(coefficients, lowest);
          for (const channel of others) {
            const at = (row * channels + channel) * points;
            for (let point = 0; point < points; point++) {
              after[at + point]! += strength * amplitude[at + point]! * lowest[point]!;
            }
          }
        }
      },
    };
  }

  /** One row: every channel its part of the flow, made of variance 1. */
  function addFlow(
    flow: BalancedFlow,
    after: Float32Array,
    amplitude: Float32Array,
    at: number,
    strength: number,
  ): void {
    for (let line = 0; line < lines; line += rowsOfBlock) {
      const end = Math.min(lines, line + rowsOfBlock);
      for (const channel of pattern.channels) {
        flow.writePart(channel, line * columns, (end - line) * columns, part);
        addPart(after, amplitude, at, strength, channel, line, end);
      }
    }
  }

  /** Lines of one channel, of which the flow is in `part`. */
  function addPart(
    after: Float32Array,
    amplitude: Float32Array,
    at: number,
    strength: number,
    channel: number,
    firstLine: number,
    end: number,
  ): void {
    for (let line = firstLine, i = 0; line < end; line++) {
      const scale = strength * inverseDeviations[channel * lines + line]!;
      let to = at + channel * points + line * columns;
      for (const last = i + columns; i < last; i++, to++) after[to]! += scale * amplitude[to]! * part[i]!;
    }
  }
}

/** Standard deviation of a harmonic of all scales together. */
function summedAmplitudes(scales: readonly SpectralScale[]): Float64Array {
  const length = Math.max(...scales.map(({ amplitudes }) => amplitudes.length));
  return Float64Array.from({ length }, (_, n) =>
    Math.hypot(...scales.map(({ amplitudes }) => amplitudes[n] ?? 0)),
  );
}
