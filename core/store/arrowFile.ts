/**
 * Random access to an Arrow IPC file: the footer once, then single record batches with positional reads, each
 * into one fresh buffer that the arrays returned look into. Reads share no position and may run side by side.
 * Few bytes are read at once and without a promise, which costs twenty times what they do.
 * Format: arrow.apache.org/docs/format/Columnar.html, "IPC File Format".
 */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Message, type RecordBatch, RecordBatchReader, type Schema } from 'apache-arrow';
import { Footer } from 'apache-arrow/ipc/metadata/file';
import { dataError, isPlumeError } from '../errors.js';
import { fileError } from './atomic.js';

const magic = 'ARROW1';
/** "ARROW1" and two bytes of padding. */
const headBytes = 8;
/** Length of the footer and "ARROW1". */
const tailBytes = 4 + magic.length;

interface Block {
  readonly offset: number;
  readonly bytes: number;
  /** Of them, those of the message that describes the batch. */
  readonly headBytes: number;
}

/** Bytes of a file, `offset` from its beginning. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** Where the columns of a batch lie. */
export interface BatchPlace {
  readonly rows: number;
  /** Buffers of the columns in the order of the format: validity, then offsets and data, depth first. */
  readonly buffers: readonly ByteRange[];
}

export interface ArrowFile {
  readonly path: string;
  readonly schema: Schema;
  readonly numBatches: number;
  /** @throws {PlumeError} data, when the bytes are not the batch that the footer promises */
  readBatch(index: number): Promise<RecordBatch>;
  /** Reads no more than the description of the batch. @throws {PlumeError} as readBatch */
  locateBatch(index: number): BatchPlace;
  /** Fills `into` with bytes from `offset` on. @throws {PlumeError} data, when the file ends before */
  readBytes(offset: number, into: Uint8Array): Promise<void>;
  /** The same, done when it returns: for few bytes. */
  readBytesNow(offset: number, into: Uint8Array): void;
  close(): Promise<void>;
}

function damaged(path: string, what: string, cause?: unknown): Error {
  return dataError(`${path} is damaged: ${what}; remove it and run the same command again to remake it`, {
    cause,
  });
}

/**
 * @param expectedBytes size the manifest promises, if known
 * @throws {PlumeError} data, when the file is missing, truncated or no Arrow file
 */
export async function openArrowFile(path: string, expectedBytes?: number): Promise<ArrowFile> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw fileError(error, `opening ${path}`);
  }
  try {
    const { size } = await handle.stat();
    if (expectedBytes !== undefined && size !== expectedBytes) {
      throw damaged(path, `it has ${size} bytes, the manifest says ${expectedBytes}`);
    }
    const { schema, blocks } = await readFooter(handle, path, size);
    // A batch is decoded as a stream of two messages: the schema's, then its own.
    const schemaBytes = (blocks[0]?.offset ?? headBytes) - headBytes;
    const prefix = await readExactly(handle, path, headBytes, Buffer.alloc(schemaBytes));
    return {
      path,
      schema,
      numBatches: blocks.length,
      readBatch: (index) => readBatch(handle, path, prefix, blocks, index),
      locateBatch: (index) => locateBatch(handle.fd, path, blocks, index),
      readBytes: async (offset, into) => {
        await readExactly(handle, path, offset, into);
      },
      readBytesNow: (offset, into) => {
        readExactlyNow(handle.fd, path, offset, into);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readExactly<Into extends Uint8Array>(
  handle: FileHandle,
  path: string,
  from: number,
  into: Into,
): Promise<Into> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, from + filled);
    if (bytesRead === 0) throw damaged(path, `it ends at byte ${from + filled}`);
    filled += bytesRead;
  }
  return into;
}

function readExactlyNow<Into extends Uint8Array>(fd: number, path: string, from: number, into: Into): Into {
  try {
    let filled = 0;
    while (filled < into.length) {
      const bytesRead = readSync(fd, into, filled, into.length - filled, from + filled);
      if (bytesRead === 0) throw damaged(path, `it ends at byte ${from + filled}`);
      filled += bytesRead;
    }
    return into;
  } catch (error) {
    throw isPlumeError(error) ? error : fileError(error, `reading ${path}`);
  }
}

async function readFooter(
  handle: FileHandle,
  path: string,
  size: number,
): Promise<{ schema: Schema; blocks: Block[] }> {
  if (size < headBytes + tailBytes) throw damaged(path, `${size} bytes are no Arrow file`);
  const tail = await readExactly(handle, path, size - tailBytes, Buffer.alloc(tailBytes));
  const footerBytes = tail.readInt32LE(0);
  if (
    tail.toString('latin1', 4) !== magic ||
    footerBytes <= 0 ||
    footerBytes > size - headBytes - tailBytes
  ) {
    throw damaged(path, 'it does not end as an Arrow file does');
  }
  const footerOffset = size - tailBytes - footerBytes;
  const bytes = await readExactly(handle, path, footerOffset, Buffer.alloc(footerBytes));
  try {
    const footer = Footer.decode(bytes);
    const blocks = [...footer.recordBatches()].map((block) => ({
      offset: block.offset,
      bytes: block.metaDataLength + block.bodyLength,
      headBytes: block.metaDataLength,
    }));
    if (blocks.some((block) => block.offset < headBytes || block.offset + block.bytes > footerOffset)) {
      throw damaged(path, 'its footer points outside the file');
    }
    return { schema: footer.schema, blocks };
  } catch (error) {
    throw isPlumeError(error) ? error : damaged(path, 'its footer cannot be read', error);
  }
}

function blockOf(path: string, blocks: readonly Block[], index: number): Block {
  const block = blocks[index];
  if (block !== undefined) return block;
  throw damaged(path, `record batch ${index} is asked for, but it holds ${blocks.length}`);
}

/** Continuation marker and length stand before the message itself. */
const messagePrefixBytes = 8;

function locateBatch(fd: number, path: string, blocks: readonly Block[], index: number): BatchPlace {
  const { offset, bytes, headBytes: own } = blockOf(path, blocks, index);
  const head = readExactlyNow(fd, path, offset, Buffer.alloc(own));
  try {
    const message = Message.decode(head.subarray(messagePrefixBytes));
    if (message.isRecordBatch()) {
      const batch = message.header();
      const buffers = batch.buffers.map((buffer) => ({
        offset: offset + own + buffer.offset,
        bytes: buffer.length,
      }));
      if (buffers.every((buffer) => buffer.offset + buffer.bytes <= offset + bytes))
        return { rows: batch.length, buffers };
    }
  } catch (error) {
    throw damaged(path, `the description of record batch ${index} cannot be read`, error);
  }
  throw damaged(path, `the description of record batch ${index} points outside it`);
}

async function readBatch(
  handle: FileHandle,
  path: string,
  prefix: Buffer,
  blocks: readonly Block[],
  index: number,
): Promise<RecordBatch> {
  const block = blockOf(path, blocks, index);
  // One allocation of its own, not a slice of Node's pool: 8-byte alignment lets Arrow look in without a copy.
  const bytes = Buffer.from(new ArrayBuffer(prefix.length + block.bytes));
  prefix.copy(bytes);
  await readExactly(handle, path, block.offset, bytes.subarray(prefix.length));
  try {
    const batch = RecordBatchReader.from(bytes).open().next().value as RecordBatch | null | undefined;
    if (batch) return batch;
  } catch (error) {
    throw damaged(path, `record batch ${index} cannot be read`, error);
  }
  throw damaged(path, `record batch ${index} is not there`);
}
