/**
 * The spherical-harmonic transform's WebAssembly kernels (core/sphere/kernels/transform.as.ts, built by
 * .ci/setup.mjs), each transform with a memory of its own: its tables and scratch, then arrays that `allocate` gave
 * out and the kernels work on in place, then room for copies of any other array, as large as the largest batch yet.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { internalError, resourceError } from '../errors.js';
import { scratchLengths, type TransformKernels, type TransformPlan } from './plainKernels.js';

/** What the module exports; addresses in bytes. */
interface Exports {
  configure(
    truncation: number,
    rows: number,
    columns: number,
    blocks: number,
    passes: number,
    passCount: number,
    waves: number,
    packed: number,
    firstBatch: number,
    secondBatch: number,
  ): void;
  synthesize(spectral: number, fields: number, grid: number): void;
  sumDegrees(spectral: number, fields: number): void;
  sumOrders(pair: number, fields: number, north: number, south: number): void;
  analyze(grid: number, fields: number, spectral: number): void;
}

const pageBytes = 65536;
/** 2 GiB: the address space that is set aside for one transform, not memory that is used. */
const maximumPages = 32768;
const alignment = 64;

export function wasmKernels(plan: TransformPlan): TransformKernels {
  const { truncation, rows, fourier } = plan;
  const columns = fourier.length;
  // Shared memory keeps its views when it grows, so that arrays given out stay valid. It has another buffer then, over
  // the same bytes: all of them are its own.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages, shared: true });
  const buffers = new Set<ArrayBufferLike>([memory.buffer]);
  const inPlace = (array: Float64Array): boolean => buffers.has(array.buffer);
  let used = alignment;

  const { blocks, synthesis, analysis } = plan.makeTables(allocate);
  const twiddles = place(fourier.twiddles);
  const blockTable = placeIntegers(
    blocks.flatMap((block) => [
      block.order,
      block.coefficient,
      block.degrees,
      synthesis.byteOffset + 8 * block.synthesis,
      analysis.byteOffset + 8 * block.analysis,
    ]),
  );
  const passTable = placeIntegers(
    fourier.passes.flatMap(({ radix, groups, stride, twiddle }) => [
      radix,
      groups,
      stride,
      twiddles + 8 * twiddle,
    ]),
  );
  const scratch = scratchLengths(truncation, rows, columns);
  const waves = reserve(8 * scratch.waves);
  const packed = reserve(8 * scratch.packed);
  const firstBatch = reserve(8 * scratch.batch);
  const secondBatch = reserve(8 * scratch.batch);
  const kernels = new WebAssembly.Instance(compiled(), { env: { memory } }).exports as unknown as Exports;
  kernels.configure(
    truncation,
    rows,
    columns,
    blockTable,
    passTable,
    fourier.passes.length,
    waves,
    packed,
    firstBatch,
    secondBatch,
  );

  return {
    synthesize(spectral, fields, grid) {
      const [from, to] = addresses(spectral, grid);
      if (!inPlace(spectral)) view(from, spectral.length).set(spectral);
      kernels.synthesize(from, fields, to);
      if (!inPlace(grid)) grid.set(view(to, grid.length));
    },
    sumDegrees: (spectral, fields) => kernels.sumDegrees(spectral.byteOffset, fields),
    sumOrders: (pair, fields, north, south) =>
      kernels.sumOrders(pair, fields, north.byteOffset, south.byteOffset),
    analyze(grid, fields, spectral) {
      const [to, from] = addresses(spectral, grid);
      if (!inPlace(grid)) view(from, grid.length).set(grid);
      kernels.analyze(from, fields, to);
      if (!inPlace(spectral)) spectral.set(view(to, spectral.length));
    },
    allocate,
    memory,
  };

  function allocate(length: number): Float64Array {
    return view(reserve(8 * length), length);
  }

  /** Where the kernels find both: in place, or in room for a copy. */
  function addresses(spectral: Float64Array, grid: Float64Array): [number, number] {
    const gridAt = used + (inPlace(spectral) ? 0 : aligned(spectral.byteLength));
    grow(gridAt + (inPlace(grid) ? 0 : aligned(grid.byteLength)));
    return [inPlace(spectral) ? spectral.byteOffset : used, inPlace(grid) ? grid.byteOffset : gridAt];
  }

  function view(address: number, length: number): Float64Array {
    return new Float64Array(memory.buffer, address, length);
  }

  function place(values: Float64Array): number {
    const address = reserve(values.byteLength);
    view(address, values.length).set(values);
    return address;
  }

  function placeIntegers(values: readonly number[]): number {
    const address = reserve(4 * values.length);
    new Int32Array(memory.buffer, address, values.length).set(values);
    return address;
  }

  function reserve(bytes: number): number {
    const address = used;
    grow(address + aligned(bytes));
    used = address + aligned(bytes);
    return address;
  }

  /** Kernels may read one number past an array. */
  function grow(bytes: number): void {
    const missing = Math.ceil((bytes + alignment - memory.buffer.byteLength) / pageBytes);
    if (missing <= 0) return;
    try {
      memory.grow(missing);
      buffers.add(memory.buffer);
    } catch (error) {
      throw resourceError(
        `spherical-harmonic transform of T${truncation} on ${rows} × ${columns}: no ${Math.ceil(bytes / 2 ** 20)} MiB ` +
          'of memory for it; transform fewer fields at a time',
        { cause: error },
      );
    }
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

let moduleOfProcess: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  const file = wasmFile();
  if (file === null) throw internalError('the transform kernels are not built; run npm run setup');
  moduleOfProcess ??= new WebAssembly.Module(readFileSync(file));
  return moduleOfProcess;
}

/** Whether the kernels have been built. */
export function hasWasmKernels(): boolean {
  return wasmFile() !== null;
}

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function wasmFile(): string | null {
  const places = ['./kernels/transform.wasm', '../../dist/core/sphere/kernels/transform.wasm'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? null;
}
