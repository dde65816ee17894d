/** Malformed rows: skipped and counted with their place and reason, or, where the file must be whole, an error. */
import { dataError } from '../../../core/errors.js';
import type { Skipped } from './trackFile.js';

/** Why one row cannot be read; `SkippedRows.attempt` adds where it is. */
export class MalformedRow extends Error {}

export class SkippedRows {
  readonly rows: Skipped[] = [];
  readonly #path: string;
  readonly #strict: boolean;

  constructor(path: string, strict: boolean) {
    this.#path = path;
    this.#strict = strict;
  }

  /** @throws {PlumeError} data, when the file must be whole */
  add(at: string, why: string): void {
    if (this.#strict) {
      throw dataError(
        `track file "${this.#path}", ${at}: ${why}; mend it, or read without --strict to leave it out`,
      );
    }
    this.rows.push({ at, why });
  }

  /** @returns what `read` gives, or null where it found the row malformed */
  attempt<T>(at: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MalformedRow)) throw error;
      this.add(at, error.message);
      return null;
    }
  }
}
