/**
 * Where the keys of a Zarr store live: a directory, or a web server. Both give whole values and byte ranges
 * (sharded arrays are read in ranges), count the bytes they read, and can say which arrays they hold.
 * Keys are absolute: "/t850/.zarray", "/z500/c/0/0".
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { dataError, resourceError, toPlumeError } from '../errors.js';

export type Key = `/${string}`;
export type Range = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

export interface ZarrStore {
  /** Bytes read so far. */
  readonly bytesRead: number;
  get(key: Key): Promise<Uint8Array | undefined>;
  getRange(key: Key, range: Range): Promise<Uint8Array | undefined>;
  /** Names directly below a key that can be a group or an array; null where the place cannot be listed. */
  list(key: Key): Promise<string[] | null>;
}

export class DirectoryStore implements ZarrStore {
  bytesRead = 0;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async get(key: Key): Promise<Uint8Array | undefined> {
    try {
      const bytes = await readFile(this.#root + key);
      this.bytesRead += bytes.length;
      return bytes;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toPlumeError(error, `reading "${this.#root}${key}"`);
    }
  }

  async getRange(key: Key, range: Range): Promise<Uint8Array | undefined> {
    const path = this.#root + key;
    try {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const { offset, length } = inFile(range, size);
        const bytes = new Uint8Array(length);
        const { bytesRead } = await file.read(bytes, 0, length, offset);
        this.bytesRead += bytesRead;
        if (bytesRead < length) {
          throw dataError(
            `"${path}" is truncated: it has ${size} bytes, its index points to ${offset + length}`,
          );
        }
        return bytes;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toPlumeError(error, `reading "${path}"`);
    }
  }

  async list(key: Key): Promise<string[]> {
    const entries = await readdir(this.#root + key, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort();
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR';
}

function inFile(range: Range, size: number): { offset: number; length: number } {
  if ('offset' in range) return range;
  const length = Math.min(range.suffixLength, size);
  return { offset: size - length, length };
}

/** Tried again this often, with growing pauses, when the server or the way to it fails. */
const attempts = 3;

export class HttpStore implements ZarrStore {
  bytesRead = 0;
  readonly #base: URL;

  constructor(url: string) {
    this.#base = new URL(url);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
  }

  async get(key: Key): Promise<Uint8Array | undefined> {
    const response = await this.#fetch(key, {});
    return response === undefined ? undefined : this.#body(response);
  }

  async getRange(key: Key, range: Range): Promise<Uint8Array | undefined> {
    const bytes =
      'offset' in range
        ? `bytes=${range.offset}-${range.offset + range.length - 1}`
        : `bytes=-${range.suffixLength}`;
    const response = await this.#fetch(key, { Range: bytes });
    if (response === undefined) return undefined;
    const body = await this.#body(response);
    if (response.status === 206) return body;
    // The server knows no ranges and sent everything.
    const { offset, length } = inFile(range, body.length);
    return body.subarray(offset, offset + length);
  }

  /** Reads the links of the index page that plain file servers give for a directory. */
  async list(key: Key): Promise<string[] | null> {
    let response: Response | undefined;
    try {
      response = await this.#fetch(key.endsWith('/') ? key : `${key}/`, {});
    } catch {
      return null;
    }
    if (response === undefined || !(response.headers.get('content-type') ?? '').includes('html')) return null;
    const page = await response.text();
    const links = [...page.matchAll(/href="([^"?#]+)\/"/gi)].map((match) =>
      decodeURIComponent(match[1] ?? ''),
    );
    return [...new Set(links.filter((name) => name !== '' && !/[/:]|^\.+$/.test(name)))].sort();
  }

  async #body(response: Response): Promise<Uint8Array> {
    const bytes = new Uint8Array(await response.arrayBuffer());
    this.bytesRead += bytes.length;
    return bytes;
  }

  /** undefined where the server says that there is no such thing (404, and 403 as S3 says it). */
  async #fetch(key: Key, headers: Record<string, string>): Promise<Response | undefined> {
    const url = new URL(this.#base);
    url.pathname += key.slice(1);
    let reason = '';
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, 250 * 4 ** (attempt - 1)));
      try {
        const response = await fetch(url, { headers });
        if (response.ok) return response;
        await response.body?.cancel();
        if (response.status === 404 || response.status === 403) return undefined;
        reason = `status ${response.status} ${response.statusText}`;
        if (response.status < 500 && response.status !== 429) break;
      } catch (error) {
        const cause = (error as { cause?: { code?: string; message?: string } }).cause;
        reason = cause?.code ?? cause?.message ?? String(error);
      }
    }
    throw resourceError(
      `reading ${url.href} failed: ${reason}; check the address and the network, then try again`,
    );
  }
}
