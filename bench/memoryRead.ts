/** The yardstick of kernels that should be as fast as memory: a SIMD sum over bytes, on one core or several. */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { heapStart, instantiateScores } from '../evaluation/kernels/scoreModule.js';

export interface MemoryRead {
  /** One read of all bytes on this many cores, 1 or the number of workers. */
  read(cores: number): Promise<void>;
  close(): Promise<void>;
}

export interface ReadTask {
  readonly memory: WebAssembly.Memory;
  readonly from: number;
  readonly bytes: number;
}

/** Memory of its own, as much as asked for, written once. */
export function memoryRead(bytes: number, workers: number): MemoryRead {
  const pages = Math.ceil((bytes + heapStart) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Float32Array(memory.buffer).fill(1);
  const { sum } = instantiateScores(memory);
  const filename = fileURLToPath(new URL('./memoryReadWorker.js', import.meta.url));
  const threads = new Piscina({ filename, minThreads: workers, maxThreads: workers });
  const part = 64 * Math.ceil(bytes / 64 / (8 * workers));
  return {
    async read(cores) {
      if (cores === 1) {
        if (!(sum(heapStart, bytes) > 0)) throw new Error('nothing was read');
        return;
      }
      const tasks: ReadTask[] = [];
      for (let from = 0; from < bytes; from += part)
        tasks.push({ memory, from: heapStart + from, bytes: Math.min(part, bytes - from) });
      await Promise.all(tasks.map((task) => threads.run(task, { name: 'readPart' })));
    },
    close: () => threads.destroy(),
  };
}
