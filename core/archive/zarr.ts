/**
 * Zarr stores, versions 2 and 3, in a directory or on a web server, through zarrita. Arrays are found in
 * consolidated metadata where the store has them, else by listing. Dimension names come from
 * `dimension_names` (v3) or `_ARRAY_DIMENSIONS` (v2, as xarray writes). Arrays in groups are 'group/array'.
 * Only the chunks (of shards: the inner chunks) that a box touches are read.
 */
import { dataError } from '../errors.js';
import { ChunkCache } from './chunkCache.js';
import type { Attributes, Dataset } from './dataset.js';
import { openZarrArray, toAttributes } from './zarrArray.js';
import { DirectoryStore, HttpStore, type Key, type ZarrStore } from './zarrStore.js';

export type ZarrVersion = 2 | 3;

export interface ZarrOptions {
  /** Arrays to open where the store can neither be listed nor has consolidated metadata. */
  readonly variables?: readonly string[];
  /** Where the keys are; by default the directory or web address of the path. */
  readonly store?: ZarrStore;
}

export function zarrStoreAt(path: string): ZarrStore {
  return /^https?:/i.test(path) ? new HttpStore(path) : new DirectoryStore(path);
}

/** Which version the place holds, null where it holds no Zarr. */
export async function zarrVersion(store: ZarrStore): Promise<ZarrVersion | null> {
  if ((await store.get('/zarr.json')) !== undefined) return 3;
  for (const key of ['/.zmetadata', '/.zgroup', '/.zarray'] as const) {
    if ((await store.get(key)) !== undefined) return 2;
  }
  return null;
}

/** @throws {PlumeError} data, when the store is not Zarr, its arrays cannot be found or its metadata are broken */
export async function openZarr(path: string, options: ZarrOptions = {}): Promise<Dataset> {
  const store = options.store ?? zarrStoreAt(path);
  const version = await zarrVersion(store);
  if (version === null) {
    throw dataError(
      `"${path}" is not a Zarr store: it has no zarr.json, .zmetadata, .zgroup or .zarray; name the store's root`,
    );
  }
  const consolidated = await readConsolidated(path, store, version);
  const metadata = withConsolidated(store, consolidated);
  const names =
    arrayNames(consolidated, version) ??
    (await listArrays(store, version, '/')) ??
    (await namedArrays(path, metadata, version, options.variables));
  const cache = new ChunkCache();
  const variables = await Promise.all(
    names.map((name) => openZarrArray(path, metadata, version, name, cache)),
  );
  return {
    path,
    format: version === 2 ? 'Zarr v2' : 'Zarr v3',
    attributes: await rootAttributes(path, metadata, version),
    variables: new Map(variables.map((variable) => [variable.name, variable])),
    close: async () => cache.clear(),
  };
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(path: string, key: string, bytes: Uint8Array): Json {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === 'object' && value !== null) return value as Json;
  } catch {
    // told below
  }
  throw dataError(`"${path}": ${key} is not valid JSON; the store is damaged, copy or write it again`);
}

/** Metadata documents by key ("/t850/.zarray"), or null where the store has no consolidated metadata. */
async function readConsolidated(
  path: string,
  store: ZarrStore,
  version: ZarrVersion,
): Promise<Map<string, Json> | null> {
  const key: Key = version === 2 ? '/.zmetadata' : '/zarr.json';
  const bytes = await store.get(key);
  if (bytes === undefined) return null;
  const document = parseJson(path, key, bytes);
  if (version === 2) {
    const entries = Object.entries((document.metadata ?? {}) as Record<string, Json>);
    return new Map(entries.map(([name, value]) => [`/${name}`, value]));
  }
  const inner = document.consolidated_metadata as { metadata?: Record<string, Json> } | null | undefined;
  if (inner?.metadata === undefined) return null;
  return new Map([
    ['/zarr.json', document],
    ...Object.entries(inner.metadata).map(([name, value]) => [`/${name}/zarr.json`, value] as const),
  ]);
}

/** The store with metadata documents already at hand, so that opening a hundred arrays is one request. */
function withConsolidated(store: ZarrStore, documents: ReadonlyMap<string, Json> | null): ZarrStore {
  if (documents === null) return store;
  const isMetadata = /\/(\.zarray|\.zattrs|\.zgroup|zarr\.json)$/;
  return {
    get bytesRead() {
      return store.bytesRead;
    },
    get: async (key) => {
      if (!isMetadata.test(key)) return store.get(key);
      const document = documents.get(key);
      return document === undefined ? undefined : new TextEncoder().encode(JSON.stringify(document));
    },
    getRange: (key, range) => store.getRange(key, range),
    list: (key) => store.list(key),
  };
}

function arrayNames(documents: ReadonlyMap<string, Json> | null, version: ZarrVersion): string[] | null {
  if (documents === null) return null;
  const names: string[] = [];
  for (const [key, document] of documents) {
    const name = key.slice(1, key.lastIndexOf('/'));
    if (version === 2 ? key.endsWith('/.zarray') : document.node_type === 'array' && name !== '') {
      names.push(name);
    }
  }
  return names;
}

/** Walks directories until arrays are found; null where the place cannot be listed. */
async function listArrays(store: ZarrStore, version: ZarrVersion, at: Key): Promise<string[] | null> {
  const entries = await store.list(at);
  if (entries === null) return null;
  const names: string[] = [];
  for (const entry of entries) {
    const child: Key = `${at}${entry}`;
    const bytes = await store.get(version === 2 ? `${child}/.zarray` : `${child}/zarr.json`);
    const isArray =
      bytes !== undefined && (version === 2 || parseJson(child, 'zarr.json', bytes).node_type === 'array');
    if (isArray) names.push(child.slice(1));
    else if (bytes !== undefined || (version === 2 && (await store.get(`${child}/.zgroup`)) !== undefined)) {
      names.push(...((await listArrays(store, version, `${child}/`)) ?? []));
    }
  }
  return names;
}

/** The arrays asked for, with the coordinate arrays that their dimensions name. */
async function namedArrays(
  path: string,
  store: ZarrStore,
  version: ZarrVersion,
  wanted: readonly string[] | undefined,
): Promise<string[]> {
  if (wanted === undefined) {
    throw dataError(
      `"${path}" has no consolidated metadata and its server lists no directory, so its arrays cannot be found; ` +
        'name the variables to read, or consolidate the metadata (zarr.consolidate_metadata)',
    );
  }
  const names = new Set<string>();
  const exists = async (name: string): Promise<boolean> =>
    (await store.get(version === 2 ? `/${name}/.zarray` : `/${name}/zarr.json`)) !== undefined;
  for (const name of wanted) {
    if (!(await exists(name))) continue;
    names.add(name);
    const variable = await openZarrArray(path, store, version, name, new ChunkCache());
    for (const dimension of variable.dimensions) if (await exists(dimension)) names.add(dimension);
  }
  return [...names];
}

async function rootAttributes(path: string, store: ZarrStore, version: ZarrVersion): Promise<Attributes> {
  const key: Key = version === 2 ? '/.zattrs' : '/zarr.json';
  const bytes = await store.get(key);
  if (bytes === undefined) return {};
  const document = parseJson(path, key, bytes);
  return toAttributes(version === 2 ? document : ((document.attributes ?? {}) as Json));
}
