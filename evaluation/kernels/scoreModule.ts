/**
 * The score kernels as built (kernels/score.as.ts by .ci/setup.mjs), and the memory that an instance works in: shared,
 * of one size for good, handed out once from the start.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { internalError, resourceError } from '../../core/errors.js';

/** What the module exports; addresses in bytes. */
export interface ScoreExports {
  heap(): number;
  configure(
    weightSamples: number,
    noiseStreams: number,
    capacity: number,
    thresholds: number,
    anomalies: number,
    members: number,
    truth: number,
    thresholdsAt: number,
    climate: number,
    statistics: number,
    twcrps: number,
    exceeding: number,
    below: number,
    equal: number,
    centres: number,
    tails: number,
    within: number,
    sumsAt: number,
    sums: number,
    groupBytes: number,
  ): void;
  /** Of the groups that `statistics` is called for next. @param first 1 for the first weight sample, else 0 */
  addWithin(sorted: number, groups: number, members: number, groupBytes: number, first: number): void;
  /** @returns 1 where any point is flagged, else 0 */
  statistics(sorted: number, groups: number, point: number, flags: number): number;
  /** Sums of fairCrps go to 64 bytes at this address: threads that share the memory need their own. */
  keepSumsAt(address: number): void;
  fairCrps(
    sorted: number,
    groups: number,
    members: number,
    sumsAt: number,
    sums: number,
    groupBytes: number,
    truth: number,
    out: number,
    flags: number,
  ): void;
  /** Of `bytes` of float32, a multiple of 64. */
  sum(from: number, bytes: number): number;
  mergeRuns(sorted: number, groups: number, members: number, groupBytes: number, run: number): void;
  /** @returns a number without meaning */
  touch(from: number, rows: number, rowBytes: number, bytes: number): number;
}

/** 2 GiB: what the module was built for. */
export const maximumPages = 32768;
const pageBytes = 65536;
const alignment = 64;

/** Whether the kernels have been built. */
export function hasScoreKernels(): boolean {
  return wasmFile() !== null;
}

/** Hands out addresses one after another. */
export class MemoryPlan {
  private end = 0;

  constructor(private readonly origin: number) {}

  /** @returns distance from the origin, a multiple of 64 */
  take(bytes: number): number {
    const address = this.origin + this.end;
    this.end += Math.ceil(bytes / alignment) * alignment;
    return address;
  }

  /** @throws {PlumeError} resources, when there is no such memory */
  makeMemory(what: string): WebAssembly.Memory {
    // Vectors may read one past the end.
    const pages = Math.ceil((this.origin + this.end + alignment) / pageBytes);
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      throw resourceError(
        `${what}: no ${Math.ceil((pages * pageBytes) / 2 ** 20)} MiB of memory for it; take fewer points at a time`,
        { cause: error },
      );
    }
  }
}

/** First address that is free in the memory of an instance. */
export const heapStart = 4096;

export function instantiateScores(memory: WebAssembly.Memory): ScoreExports {
  const exports = new WebAssembly.Instance(compiled(), { env: { memory } })
    .exports as unknown as ScoreExports;
  if (exports.heap() > heapStart) throw internalError('the score kernels have outgrown their page');
  return exports;
}

let moduleOfProcess: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  const file = wasmFile();
  if (file === null) throw internalError('the score kernels are not built; run npm run setup');
  moduleOfProcess ??= new WebAssembly.Module(readFileSync(file));
  return moduleOfProcess;
}

let fileOfProcess: string | null | undefined;

/** Beside this file when built; under dist/ when this file is run as TypeScript by the tests. */
function wasmFile(): string | null {
  if (fileOfProcess === undefined) {
    const places = ['./score.wasm', '../../dist/evaluation/kernels/score.wasm'];
    const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
    fileOfProcess = files.find((file) => existsSync(file)) ?? null;
  }
  return fileOfProcess;
}
