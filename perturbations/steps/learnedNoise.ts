/**
 * Noise whose amplitude the model has learned: σ_v(x) says by channel and point how much the flow leaves open, and a
 * correlated pattern of unit variance, drawn anew each step, says where the draw is high and where low:
 *   x(t + Δt) ← x(t + Δt) + factor σ_v(x(t)) ⊙ η(t).
 * One pattern serves all channels, or each has its part of a balanced flow (balancedNoise.ts). A model without an
 * amplitude is left as it is.
 */
import { usageError } from '../../core/errors.js';
import { gridSize } from '../../core/grid.js';
import type { MemberKey, StepPerturbation, StepStreams } from '../../core/interfaces.js';
import { blockWidth } from '../../core/sphere/plainKernels.js';
import { createNoisePatterns } from '../fields/noiseScales.js';
import type { LearnedNoiseSource, PerturbationContext } from '../source.js';
import { createBalancedNoise } from './balancedNoise.js';
import { pointBlock } from './pointBlock.js';

/** @throws {PlumeError} usage, for a parameter out of its range, or a scale that the grid cannot show */
export function createLearnedNoise(
  source: LearnedNoiseSource,
  context: PerturbationContext,
): StepPerturbation {
  const { scales, factor, balance } = source;
  requireParameters(source);
  if (balance === 'linear') return createBalancedNoise(source, context);
  const { grid, channels } = context.schema;
  const points = gridSize(grid);
  const { stepHours } = context;
  const field = createNoisePatterns(grid, scales, { stepHours, antithetic: source.antithetic });

  return {
    memoryBytes: (rows) => field.memoryBytes(rows) + 4 * Math.min(blockWidth, rows) * points,
    streams: (keys) => makeStreams(keys),
  };

  function makeStreams(keys: readonly MemberKey[]): StepStreams {
    const streams = field.streams(keys);
    const most = Math.min(blockWidth, keys.length);
    const patterns = new Float32Array(most * points);
    return {
      apply({ firstRow, rows, after, amplitude }) {
        if (amplitude === null) return;
        for (let done = 0; done < rows; done += most) {
          const count = Math.min(most, rows - done);
          streams.next(firstRow + done, count, patterns);
          for (let row = 0; row < count; row++) {
            const at = (done + row) * channels.length * points;
            addNoise(after, amplitude, at, factor, patterns, row * points, points, channels.length);
          }
        }
      },
    };
  }
}

/** One row: x ← x + factor σ ⊙ pattern in every channel. */
function addNoise(
  after: Float32Array,
  amplitude: Float32Array,
  at: number,
  factor: number,
  patterns: Float32Array,
  patternAt: number,
  points: number,
  channels: number,
): void {
  for (let first = 0; first < points; first += pointBlock) {
    const count = Math.min(pointBlock, points - first);
    for (let channel = 0; channel < channels; channel++) {
      const offset = at + channel * points + first;
      for (let i = 0; i < count; i++) {
        after[offset + i]! += factor * amplitude[offset + i]! * patterns[patternAt + first + i]!;
      }
    }
  }
}

function requireParameters({ scales, factor }: LearnedNoiseSource): void {
  if (scales.length === 0) throw usageError('noise: it has no scales; give at least one length and time');
  if (!(factor >= 0 && Number.isFinite(factor))) {
    throw usageError(`noise: factor is ${factor}; it must be 0 (no noise) or more`);
  }
}
