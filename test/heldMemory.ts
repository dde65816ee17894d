/** What something really holds outside the heap of objects: arrays as the engine counts them, and WebAssembly memories. */
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of arrays, but those of WebAssembly, that something still holds. */
export async function arrayBytes(): Promise<number> {
  // what earlier turns of the event loop held goes when they are over, and is counted when other threads have swept it
  let [bytes, before] = [0, -1];
  for (let turn = 0; turn < 3 || (bytes !== before && turn < 20); turn++) {
    await setTimeout(5);
    collect();
    before = bytes;
    bytes = process.memoryUsage().arrayBuffers;
  }
  return bytes;
}

/** @returns bytes that are held as long as what was made is; what was thrown away on the way is not counted */
export async function heldBytes(make: () => unknown): Promise<number> {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  const before = await arrayBytes();
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  try {
    const made = await make();
    const held = (await arrayBytes()) - before;
    return made === undefined ? 0 : memories.reduce((sum, { buffer }) => sum + buffer.byteLength, held);
  } finally {
    WebAssembly.Memory = Memory;
  }
}
