/** The names of backends, as in `--backend`; what they stand for and whether they work is backends.ts. */
import { usageError } from '../../core/errors.js';

export const backendNames = [
  'auto',
  'ort-cpu',
  'ort-webgpu',
  'ort-cuda',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-wasm',
] as const;
export type BackendName = (typeof backendNames)[number];
export type ResolvedBackend = Exclude<BackendName, 'auto'>;

/** The name as a backend. @throws a usage error that lists the names */
export function parseBackendName(name: string): BackendName {
  const known = backendNames.find((backend) => backend === name);
  if (known === undefined) {
    throw usageError(`backend "${name}": no such backend; expected one of ${backendNames.join(', ')}`);
  }
  return known;
}
