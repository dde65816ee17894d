/**
 * Layers of an ONNX model: its float32 tensors, each with the operators that use it, and those that patterns choose.
 * A layer's scale is relative to rms, the root mean square of its numbers, so that one number suits large weights
 * and small ones (MOPED: Krishnan et al. 2020, doi:10.1609/aaai.v34i04.5875, has σ = δ|w|).
 */
import { usageError } from '../../core/errors.js';
import { elements, type Shape } from '../graph/graph.js';
import type { OnnxFile, OnnxTensor } from './onnxFile.js';
import { float32Pieces } from './tensorNumbers.js';

export interface LayerName {
  readonly name: string;
  readonly shape: Shape;
  /** Operators that use it, by name, such as MatMul. */
  readonly users: readonly string[];
}

export interface Layer extends LayerName {
  /** Root mean square of its numbers. */
  readonly rms: number;
}

/** Operators that are told by numbers what to do: their later inputs are no weights. */
const settingOperators = new Set([
  'Resize',
  'Upsample',
  'Clip',
  'Pad',
  'Range',
  'QuantizeLinear',
  'DequantizeLinear',
]);

/** Every float32 tensor of the model with more than one number, in the file's order; nothing of it is read. */
function layerNames(file: OnnxFile): LayerName[] {
  const users = new Map<string, string[]>();
  const settings = new Set<string>();
  for (const { input, opType } of file.nodes) {
    for (const [i, name] of (input ?? []).entries()) {
      if (settingOperators.has(opType ?? '') && i > 0) settings.add(name);
      else users.set(name, [...new Set([...(users.get(name) ?? []), opType ?? ''])]);
    }
  }
  return [...file.tensors.values()]
    .filter((tensor) => tensor.type === 1 && elements(tensor.shape) > 1)
    .filter(({ name }) => users.has(name) && !settings.has(name))
    .map(({ name, shape }) => ({ name, shape, users: users.get(name) ?? [] }));
}

/** Every layer of the model, with the size of its numbers. */
export function listLayers(file: OnnxFile): Layer[] {
  return layerNames(file).map((layer) => measured(file, layer));
}

function measured(file: OnnxFile, layer: LayerName): Layer {
  const tensor = file.tensors.get(layer.name);
  return { ...layer, rms: tensor === undefined ? 0 : rootMeanSquare(tensor) };
}

function rootMeanSquare(tensor: OnnxTensor): number {
  let sum = 0;
  for (const piece of float32Pieces(tensor)) for (const value of piece) sum += value * value;
  return Math.sqrt(sum / elements(tensor.shape));
}

/**
 * Layers whose names match one of the patterns: * stands for any characters, ? for one; a pattern that begins with
 * "!" takes away what those before it chose.
 * @throws {PlumeError} usage, for a pattern that matches nothing, naming what there is, and when all chosen are zeros
 */
export function chooseLayers(file: OnnxFile, patterns: readonly string[]): Layer[] {
  const layers = layerNames(file);
  const chosen = new Set<LayerName>();
  for (const pattern of patterns) {
    const expression = globExpression(pattern.replace(/^!/, ''));
    const matches = layers.filter(({ name }) => expression.test(name));
    if (matches.length === 0) throw unmatched(file, layers, pattern);
    for (const layer of matches) {
      if (pattern.startsWith('!')) chosen.delete(layer);
      else chosen.add(layer);
    }
  }
  const random = [...layers]
    .filter((layer) => chosen.has(layer))
    .map((layer) => measured(file, layer))
    .filter(({ rms }) => rms > 0);
  if (random.length === 0) {
    throw usageError(
      `--layers ${patterns.join(',')} leaves no layer with numbers other than zero; plume bayesianise ${file.path} --list shows what there is`,
    );
  }
  return random;
}

function globExpression(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
}

function unmatched(file: OnnxFile, layers: readonly LayerName[], pattern: string): Error {
  const other = file.tensors.get(pattern);
  if (other !== undefined) {
    return usageError(
      `--layers ${pattern}: this tensor of "${file.path}" cannot be made random: it is no float32 tensor of more than ` +
        'one number that an operator uses',
    );
  }
  const names = layers.slice(0, 8).map(({ name }) => name);
  const more = layers.length > names.length ? `, … (${layers.length} in all)` : '';
  return usageError(
    `--layers ${pattern} matches no layer of "${file.path}"; it has ${names.join(', ')}${more}: ` +
      `plume bayesianise ${file.path} --list shows them all`,
  );
}
