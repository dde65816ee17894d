/**
 * How the tensors of an imported model hold a state: which channels, in which order, on which axes.
 * A tensor is [C, H, W], or [V, L, H, W] with variables and levels apart (Pangu-Weather), each with a batch axis in front
 * or without; H and W are latitude (north to south) and longitude (west to east). Several tensors share the channels
 * out among them. Inside, numbers are physical or normalised, z = (x − mean) / sd with one pair for each channel.
 */
import { usageError } from '../../core/errors.js';
import { describeGrid, gridSize } from '../../core/grid.js';
import { channelName, type Schema } from '../../core/schema.js';
import { elements, type Shape } from '../graph/graph.js';
import { elementTypeName, type OnnxFile, type OnnxTensorInfo } from './onnxFile.js';

/** One tensor of the model: its name, its shape for one state, and which channels of the schema it holds, in order. */
export interface BoundTensor {
  readonly name: string;
  readonly shape: Shape;
  readonly channels: readonly number[];
}

export interface Binding {
  readonly inputs: readonly BoundTensor[];
  /** The same channels in the same order as the inputs, tensor by tensor. */
  readonly outputs: readonly BoundTensor[];
}

/** Channels of one input tensor, by name; without a tensor's name: of the only one. */
export interface ChannelOrder {
  readonly tensor: string | null;
  readonly channels: readonly string[];
}

/**
 * Reads "msl,z500", "input=z500,t850" or, levels of each variable behind each other, "input=z,q,t@1000,925,850".
 * @throws {PlumeError} usage, when there is no channel in it
 */
export function parseChannelOrder(text: string): ChannelOrder {
  const at = text.indexOf('=');
  const tensor = at > 0 ? text.slice(0, at) : null;
  const [variables = '', levels] = text.slice(at + 1).split('@');
  const parts = (list: string): string[] =>
    list
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const names = parts(variables);
  const channels =
    levels === undefined ? names : names.flatMap((name) => parts(levels).map((level) => `${name}${level}`));
  if (channels.length === 0) {
    throw usageError(
      `--input-order "${text}" names no channels; write msl,z500 or, for a tensor of several, NAME=z,t@1000,850`,
    );
  }
  return { tensor, channels };
}

/**
 * Finds where each channel of the archive goes.
 * @param orders channels by tensor; none: all channels of the schema in their order, through the inputs in theirs
 * @throws {PlumeError} usage, naming model, archive and sizes where they do not fit
 */
export function bind(
  file: OnnxFile,
  schema: Schema,
  archiveName: string,
  orders: readonly ChannelOrder[] = [],
): Binding {
  const { inputs, outputs } = file;
  if (inputs.length === 0 || outputs.length === 0) {
    throw usageError(
      `model "${file.path}" has ${inputs.length} inputs and ${outputs.length} outputs; expected one of each`,
    );
  }
  const lists = channelLists(file, schema, archiveName, orders);
  const bound = inputs.map((input, i) =>
    bindTensor(file, input, 'input', lists[i] ?? [], schema, archiveName),
  );
  if (outputs.length !== inputs.length) {
    throw usageError(
      `model "${file.path}" has ${inputs.length} inputs (${namesOf(inputs)}) and ${outputs.length} outputs ` +
        `(${namesOf(outputs)}); a model that steps a state forward has an output for each input`,
    );
  }
  const results = outputs.map((output, i) =>
    bindTensor(file, output, 'output', bound[i]?.channels ?? [], schema, archiveName),
  );
  return { inputs: bound, outputs: results };
}

function namesOf(tensors: readonly OnnxTensorInfo[]): string {
  return tensors.map(({ name }) => `"${name}"`).join(', ');
}

function channelLists(
  file: OnnxFile,
  schema: Schema,
  archiveName: string,
  orders: readonly ChannelOrder[],
): number[][] {
  const names = schema.channels.map(channelName);
  if (orders.length === 0) return sharedOut(file, names.length);
  for (const { tensor } of orders) {
    if (tensor === null ? file.inputs.length === 1 : file.inputs.some(({ name }) => name === tensor))
      continue;
    throw usageError(
      `--input-order: model "${file.path}" has inputs ${namesOf(file.inputs)}; write NAME=CHANNELS for each of them` +
        (tensor === null ? '' : `, there is no "${tensor}"`),
    );
  }
  const used = orders.flatMap(({ channels }) => channels);
  const missing = used.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw usageError(`--input-order names channel "${missing}", but ${archiveName} has ${names.join(', ')}`);
  }
  const left = names.filter((name) => !used.includes(name));
  if (left.length > 0 || new Set(used).size < used.length) {
    throw usageError(
      `--input-order must name every channel once; ${left.length > 0 ? `${left.join(', ')} of ${archiveName} are missing (leave them out with --variables)` : 'one is named twice'}`,
    );
  }
  return file.inputs.map(({ name }) => {
    const order = orders.find(({ tensor }) => tensor === null || tensor === name);
    if (order === undefined)
      throw usageError(`--input-order says nothing of input "${name}" of model "${file.path}"`);
    return order.channels.map((channel) => names.indexOf(channel));
  });
}

/** In the schema's order: each input takes as many as its fixed axes say. */
function sharedOut(file: OnnxFile, channels: number): number[][] {
  let from = 0;
  return file.inputs.map(({ shape }, i) => {
    const lead = shape.slice(0, -2).filter((size) => size !== null);
    const most = channels - from;
    const fits = lead.reduce((product, size) => product * size, 1);
    const count = i === file.inputs.length - 1 ? most : Math.min(most, fits);
    from += count;
    return Array.from({ length: count }, (_, c) => from - count + c);
  });
}

function bindTensor(
  file: OnnxFile,
  info: OnnxTensorInfo,
  role: 'input' | 'output',
  channels: readonly number[],
  schema: Schema,
  archiveName: string,
): BoundTensor {
  const { grid } = schema;
  const [rows, columns] = [grid.latitudes.length, grid.longitudes.length];
  if (info.type !== 1) {
    throw usageError(
      `model "${file.path}": ${role} "${info.name}" is ${elementTypeName(info.type)}, expected float32; export the ` +
        'model in single precision',
    );
  }
  const shape = fittedShape(info.shape, channels.length, rows, columns, role);
  if (shape !== undefined && elements(shape) === channels.length * gridSize(grid)) {
    return { name: info.name, shape, channels };
  }
  const found = info.shape.map((size) => size ?? 'any').join(', ');
  throw usageError(
    `model "${file.path}": ${role} "${info.name}" is [${found}], but ${archiveName} has ${channels.length} channels for ` +
      `it (${channels.map((c) => channelName(schema.channels[c] ?? { variable: '?', level: null, unit: '' })).join(', ')}) on ` +
      `${describeGrid(grid)}: expected [batch, ${channels.length}, ${rows}, ${columns}]; choose channels with --variables ` +
      'and --input-order, or an archive on the grid of the model',
  );
}

/** The shape for one state, free axes filled; undefined where none fits. */
function fittedShape(
  shape: readonly (number | null)[],
  channels: number,
  rows: number,
  columns: number,
  role: 'input' | 'output',
): Shape | undefined {
  // Tools leave out the shapes of outputs that they could not infer: what comes is checked when it comes.
  if (shape.length === 0 && role === 'output') return [channels, rows, columns];
  if (shape.length < 2) return undefined;
  const [h, w] = shape.slice(-2);
  if ((h ?? rows) !== rows || (w ?? columns) !== columns) return undefined;
  const lead = [...shape.slice(0, -2)];
  const product = lead.reduce<number>((all, size) => all * (size ?? 1), 1);
  if (lead.length > 1 && lead[0] === null) lead[0] = 1;
  const free = lead.indexOf(null);
  if (free >= 0) {
    lead[free] = channels / product;
    if (lead.includes(null) || !Number.isInteger(lead[free])) return undefined;
  }
  return [...(lead as number[]), rows, columns];
}
