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
  /** The same of `count` bytes into `into` from the `first` on, done when it returns: for few bytes. */
  readBytesNow(offset: number, into: Uint8Array, first: number, count: number): void;
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
    const { schema, blocks } = readFooter(handle.fd, path, size);
    const locate = batchLocator(handle.fd, path, blocks);
    let prefix: Promise<Buffer> | null = null;
    return {
      path,
      schema,
      numBatches: blocks.count,
      readBatch: async (index) => {
        prefix ??= readPrefix(handle, path, blocks);
        return readBatch(handle, path, await prefix, blocks.at(index));
      },
      locateBatch: locate,
      readBytes: async (offset, into) => {
        await readExactly(handle, path, offset, into);
      },
      readBytesNow: (offset, into, first, count) =>
        readExactlyNow(handle.fd, path, offset, into, first, count),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A batch is decoded as a stream of two messages: the schema's, then its own. @returns the schema's */
function readPrefix(handle: FileHandle, path: string, blocks: Blocks): Promise<Buffer> {
  const first = blocks.count > 0 ? blocks.at(0).offset : headBytes;
  return readExactly(handle, path, headBytes, Buffer.alloc(first - headBytes));
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

function readExactlyNow(
  fd: number,
  path: string,
  from: number,
  into: Uint8Array,
  first: number,
  count: number,
): void {
  try {
    let filled = 0;
    while (filled < count) {
      const bytesRead = readSync(fd, into, first + filled, count - filled, from + filled);
      if (bytesRead === 0) throw damaged(path, `it ends at byte ${from + filled}`);
      filled += bytesRead;
    }
  } catch (error) {
    throw isPlumeError(error) ? error : fileError(error, `reading ${path}`);
  }
}

function readSmall(fd: number, path: string, from: number, bytes: number): Buffer {
  const into = Buffer.alloc(bytes);
  readExactlyNow(fd, path, from, into, 0, bytes);
  return into;
}

/** Where batches lie, read out of the footer one by one: mostly few of many are asked for. */
interface Blocks {
  readonly count: number;
  /** @throws {PlumeError} data, when there is no such batch or it lies outside the file */
  at(index: number): Block;
}

function readFooter(fd: number, path: string, size: number): { schema: Schema; blocks: Blocks } {
  if (size < headBytes + tailBytes) throw damaged(path, `${size} bytes are no Arrow file`);
  const tail = readSmall(fd, path, size - tailBytes, tailBytes);
  const footerBytes = tail.readInt32LE(0);
  if (
    tail.toString('latin1', 4) !== magic ||
    footerBytes <= 0 ||
    footerBytes > size - headBytes - tailBytes
  ) {
    throw damaged(path, 'it does not end as an Arrow file does');
  }
  const footerOffset = size - tailBytes - footerBytes;
  const bytes = readSmall(fd, path, footerOffset, footerBytes);
  try {
    const footer = Footer.decode(bytes);
    return {
      schema: footer.schema,
      blocks: { count: footer.numRecordBatches, at: (index) => blockOf(path, footer, footerOffset, index) },
    };
  } catch (error) {
    throw damaged(path, 'its footer cannot be read', error);
  }
}

function blockOf(path: string, footer: Footer, footerOffset: number, index: number): Block {
  const block = footer.getRecordBatch(index);
  if (block === null) {
    throw damaged(path, `record batch ${index} is asked for, but it holds ${footer.numRecordBatches}`);
  }
  const { offset, metaDataLength, bodyLength } = block;
  const bytes = metaDataLength + bodyLength;
  if (!(offset >= headBytes && bodyLength >= 0 && metaDataLength >= 0 && offset + bytes <= footerOffset)) {
    throw damaged(path, 'its footer points outside the file');
  }
  return { offset, bytes, headBytes: metaDataLength };
}

/** Continuation marker and length stand before the message itself. */
const messagePrefixBytes = 8;

/** Batches of one file mostly have the same description, which then is decoded once. */
function batchLocator(fd: number, path: string, blocks: Blocks): ArrowFile['locateBatch'] {
  let known: { readonly head: Buffer; readonly place: BatchPlace } | null = null;
  return (index) => {
    const { offset, bytes, headBytes: own } = blocks.at(index);
    const head = readSmall(fd, path, offset, own);
    if (known === null || !known.head.equals(head)) {
      known = { head, place: describedPlace(path, index, head, bytes) };
    }
    const { rows, buffers } = known.place;
    return {
      rows,
      buffers: buffers.map((buffer) => ({ offset: offset + buffer.offset, bytes: buffer.bytes })),
    };
  };
}

/** @returns where the buffers lie within the batch */
function describedPlace(path: string, index: number, head: Buffer, bytes: number): BatchPlace {
  try {
    const message = Message.decode(head.subarray(messagePrefixBytes));
    if (message.isRecordBatch()) {
      const batch = message.header();
      const buffers = batch.buffers.map((buffer) => ({
        offset: head.length + buffer.offset,
        bytes: buffer.length,
      }));
      if (buffers.every((buffer) => buffer.offset + buffer.bytes <= bytes))
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
  block: Block,
): Promise<RecordBatch> {
  // One allocation of its own, not a slice of Node's pool: 8-byte alignment lets Arrow look in without a copy.
  const bytes = Buffer.from(new ArrayBuffer(prefix.length + block.bytes));
  prefix.copy(bytes);
  await readExactly(handle, path, block.offset, bytes.subarray(prefix.length));
  try {
    const batch = RecordBatchReader.from(bytes).open().next().value as RecordBatch | null | undefined;
    if (batch) return batch;
  } catch (error) {
    throw damaged(path, `the record batch at byte ${block.offset} cannot be read`, error);
  }
  throw damaged(path, `the record batch at byte ${block.offset} is not there`);
}
