/**
 * An ONNX model written anew so that chosen tensors can be drawn: every operator, name and small tensor stays to the
 * byte; large tensors move, numbers unchanged, into one file beside (ONNX's external data), which ONNX Runtime maps
 * into memory; chosen ones are graph inputs in one of the two structures written, initializers in the other.
 *   centre.onnx   the model as it was          sampled.onnx   chosen tensors as inputs          weights.data   numbers
 * Nothing here reads the weights into memory but in pieces of a few megabytes.
 */
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { type AtomicFile, createAtomically, writeAtomically } from '../../core/store/atomic.js';
import { elementBytes, type OnnxFile, type OnnxTensor } from './onnxFile.js';
import { rawBytes } from './tensorNumbers.js';
import { FileReader, joined, lengthDelimited } from './wire.js';

const { TensorProto, ValueInfoProto } = onnxProto.onnx;

export const weightsFile = 'weights.data';
export const centreFile = 'centre.onnx';
export const sampledFile = 'sampled.onnx';

export interface StoredTensor {
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

export interface Surgery {
  /** Where in weights.data the numbers of a tensor lie, for those that are there; chosen ones always are. */
  readonly stored: ReadonlyMap<string, StoredTensor>;
  readonly weights: { readonly bytes: number; readonly sha256: string };
}

/** Mapped memory begins at pages, and vectors at cache lines. */
const pageBytes = 4096;
const lineBytes = 64;
const copyBytes = 4 << 20;
/** Indices and shapes are left where they stand: ONNX Runtime wants to see them while it infers shapes. */
const movedTypes = new Set([1, 2, 3, 10, 11, 16]);
const leastMovedBytes = 1024;

/**
 * Writes the three files into a directory, each atomically.
 * @param chosen names of float32 tensors
 * @throws {PlumeError} resources, when the disk is full or closed to us
 */
export async function writeSurgery(
  file: OnnxFile,
  chosen: ReadonlySet<string>,
  directory: string,
): Promise<Surgery> {
  const moved = [...file.tensors.values()].filter((tensor) => chosen.has(tensor.name) || isMoved(tensor));
  const data = await createAtomically(join(directory, weightsFile));
  const stored = new Map<string, StoredTensor>();
  let at = 0;
  for (const tensor of moved) {
    const aligned = alignedOffset(at, byteLength(tensor));
    await data.write(new Uint8Array(aligned - at));
    const length = await copyNumbers(tensor, data);
    stored.set(tensor.name, { offset: aligned, length });
    at = aligned + length;
  }
  const weights = await data.commit();
  const structure = (inputs: ReadonlySet<string>) => joined(structureOf(file, stored, inputs));
  await writeAtomically(join(directory, centreFile), structure(new Set()));
  await writeAtomically(join(directory, sampledFile), structure(chosen));
  return { stored, weights };
}

/** Bytes that weights.data takes at most. */
export function movedBytes(file: OnnxFile): number {
  return [...file.tensors.values()].reduce((sum, tensor) => sum + byteLength(tensor) + pageBytes, 0);
}

function byteLength(tensor: OnnxTensor): number {
  return tensor.shape.reduce((product, size) => product * size, elementBytes(tensor.type));
}

function isMoved(tensor: OnnxTensor): boolean {
  const { location, external, type } = tensor;
  return location !== undefined && location.length >= leastMovedBytes && (external || movedTypes.has(type));
}

function alignedOffset(at: number, length: number): number {
  const unit = length >= pageBytes ? pageBytes : lineBytes;
  return Math.ceil(at / unit) * unit;
}

async function copyNumbers(tensor: OnnxTensor, out: AtomicFile): Promise<number> {
  const { location } = tensor;
  if (location === undefined) {
    const bytes = rawBytes(tensor) ?? new Uint8Array(Float32Array.from(tensor.proto.floatData ?? []).buffer);
    await out.write(bytes);
    return bytes.length;
  }
  const reader = new FileReader(location.file);
  try {
    const piece = new Uint8Array(Math.min(copyBytes, location.length));
    for (let done = 0; done < location.length; done += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, location.length - done));
      reader.into(location.offset + done, part);
      await out.write(part);
    }
  } finally {
    reader.close();
  }
  return location.length;
}

/** The fields of the model, those of tensors replaced. */
function structureOf(
  file: OnnxFile,
  stored: ReadonlyMap<string, StoredTensor>,
  inputs: ReadonlySet<string>,
): Uint8Array[] {
  const reader = new FileReader(file.path);
  try {
    const graph: Uint8Array[] = [];
    for (const part of file.parts) {
      if (part.kind === 'other') graph.push(reader.bytes(part.whole));
      else if (inputs.has(part.tensor.name)) graph.push(...inputField(file, part.tensor));
      else graph.push(...(tensorField(part.tensor, stored) ?? [reader.bytes(part.whole)]));
    }
    return [...file.around.map((span) => reader.bytes(span)), ...lengthDelimited(7, graph)];
  } finally {
    reader.close();
  }
}

/** An initializer may be listed as an input already. */
function inputField(file: OnnxFile, { name, shape, type }: OnnxTensor): Uint8Array[] {
  if (file.listedInputs.has(name)) return [];
  const dim = shape.map((dimValue) => ({ dimValue }));
  const info = { name, type: { tensorType: { elemType: type, shape: { dim } } } };
  return lengthDelimited(11, [ValueInfoProto.encode(info).finish()]);
}

/** undefined: the tensor stays as it is written. */
function tensorField(
  tensor: OnnxTensor,
  stored: ReadonlyMap<string, StoredTensor>,
): Uint8Array[] | undefined {
  const { name, shape, type } = tensor;
  const place = stored.get(name);
  if (place === undefined && !tensor.external) return undefined;
  const described = { name, dims: [...shape], dataType: type };
  const entries = { location: weightsFile, offset: String(place?.offset), length: String(place?.length) };
  const proto =
    place === undefined
      ? { ...described, rawData: rawBytes(tensor) ?? new Uint8Array(0) }
      : {
          ...described,
          dataLocation: TensorProto.DataLocation.EXTERNAL,
          externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
        };
  return lengthDelimited(5, [TensorProto.encode(proto).finish()]);
}
