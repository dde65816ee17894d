/**
 * Fields on finer or coarser points: Resize and Upsample of ONNX, each axis a matrix of weights or rows taken as they are.
 * Where point i of the new axis lies on the old one is said by coordinate_transformation_mode, ONNX operators, Resize.
 */
import type { GraphBuilder } from '../../graph/builder.js';
import type { Value } from '../../graph/graph.js';
import type { NodeContext, Rule } from './rule.js';

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

function position(node: NodeContext, mode: string, { from, to, scale }: Axis, i: number): number {
  switch (mode) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return to > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case 'asymmetric':
      return i / scale;
    case 'align_corners':
      return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    default:
      return node.fail(`places its points by "${mode}"`);
  }
}

function nearest(node: NodeContext, mode: string, at: number): number {
  switch (mode) {
    case 'floor':
      return Math.floor(at);
    case 'ceil':
      return Math.ceil(at);
    case 'round_prefer_floor':
      return Math.ceil(at - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(at + 0.5);
    default:
      return node.fail(`rounds to the nearest point by "${mode}"`);
  }
}

const clamp = (index: number, size: number): number => Math.min(Math.max(index, 0), size - 1);

function nearestAlong(node: NodeContext, x: Value, axis: number, places: readonly number[]): Value {
  const size = x.shape[axis] ?? 1;
  const mode = node.version < 11 ? 'floor' : node.text('nearest_mode', 'round_prefer_floor');
  return node.b.gather(
    x,
    places.map((at) => clamp(nearest(node, mode, at), size)),
    axis,
  );
}

/** Two neighbours each: rows of both, weighted. */
function linearAlong(b: GraphBuilder, x: Value, axis: number, places: readonly number[]): Value {
  const size = x.shape[axis] ?? 1;
  const inside = places.map((at) => Math.min(Math.max(at, 0), size - 1));
  const below = inside.map(Math.floor);
  const shape = x.shape.map((_, i) => (i === axis ? places.length : 1));
  const weighted = (indices: readonly number[], weights: readonly number[]): Value =>
    b.mul(b.gather(x, indices, axis), b.constant(Float32Array.from(weights), shape));
  const share = inside.map((at, i) => at - (below[i] ?? 0));
  return b.add(
    weighted(
      below,
      share.map((part) => 1 - part),
    ),
    weighted(
      below.map((index) => clamp(index + 1, size)),
      share,
    ),
  );
}

const resize: Rule = (node) => {
  const { shape } = node.operand(0);
  const upsample = node.version < 10;
  const scaleInput = upsample || node.version === 10 ? 1 : 2;
  const given = (i: number): number[] => (node.has(i) ? [...node.numbers(i).numbers] : []);
  const [sizes, scales] = [given(3), given(scaleInput)];
  if (
    node.has(1) &&
    node.version > 10 &&
    node.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize'
  ) {
    node.fail('crops while it resizes');
  }
  if (node.int('antialias', 0) === 1) node.fail('filters before it resizes (antialias)');
  if (node.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    node.fail('keeps the ratio of the axes');
  const axes = node.intList('axes')?.map((axis) => node.axis(axis, shape)) ?? shape.map((_, axis) => axis);
  const mode = node.text('mode', 'nearest');
  const places =
    node.version <= 10 ? 'asymmetric' : node.text('coordinate_transformation_mode', 'half_pixel');
  return axes.reduce((x, axis, i) => {
    const from = x.shape[axis] ?? 1;
    const to = sizes.length > 0 ? (sizes[i] ?? from) : Math.floor(from * (scales[i] ?? 1));
    const scale = sizes.length > 0 ? to / from : (scales[i] ?? 1);
    if (from === to) return x;
    const at = Array.from({ length: to }, (_, point) => position(node, places, { from, to, scale }, point));
    if (mode === 'nearest') return nearestAlong(node, x, axis, at);
    return mode === 'linear' ? linearAlong(node.b, x, axis, at) : node.fail(`resizes in mode "${mode}"`);
  }, node.x());
};

export const resizeRules: Readonly<Record<string, Rule>> = { Resize: resize, Upsample: resize };
