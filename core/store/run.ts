/** The door of the store: a run directory, written, read and checked. */
export type { Json } from './canonicalJson.js';
export {
  type BlockSize,
  chunkMembers,
  memberChunks,
  missingRanges,
  type SampleRange,
  type StreamRange,
} from './chunks.js';
export type { Chunk, Manifest, RunDescription } from './manifest.js';
export { checkRun, openRun, type RunCheck, type RunReader, readRun } from './runReader.js';
export {
  type ChunkRecord,
  openOrCreateRun,
  type RunWriter,
  readManifest,
  requireRunnable,
  writeChunk,
} from './runWriter.js';
