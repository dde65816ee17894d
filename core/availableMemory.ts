/** How much memory this process may use, and the refusal of work that does not fit into it. */
import { freemem, totalmem } from 'node:os';
import { resourceError } from './errors.js';

/** Bytes: the container's limit where there is one, else what is free. */
export function availableMemoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const bounded =
    limit > 0 && limit < totalmem() ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.min(freemem(), bounded);
}

/**
 * @param doing 'gathering statistics'
 * @param advice what would make it fit
 * @throws {PlumeError} resources, saying what is short and by how much
 */
export function requireMemory(
  doing: string,
  bytes: number,
  advice: string,
  available = availableMemoryBytes(),
): void {
  if (bytes <= available) return;
  throw resourceError(
    `${doing} needs about ${(bytes / 1e9).toFixed(2)} GB of memory, ${(available / 1e9).toFixed(2)} GB are free; ${advice}`,
  );
}
