/** What something really holds outside the heap of objects: arrays as the engine counts them, and WebAssembly memories. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** @returns bytes that are held as long as what was made is; what was thrown away on the way is not counted */
export function heldBytes(make: () => unknown): number {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  const arrays = (): number => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = arrays();
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  try {
    const made = make();
    const held = arrays() - before;
    return made === undefined ? 0 : memories.reduce((sum, { buffer }) => sum + buffer.byteLength, held);
  } finally {
    WebAssembly.Memory = Memory;
  }
}
