/**
 * The errors of the house: one base class with a string tag, so callers switch on `tag` and the process
 * ends with an exit code that tells a scheduler "retry" from "do not" (values of BSD sysexits.h).
 * A message names the thing, what was found, what was expected, and what to do next.
 */

export type ErrorTag = 'usage' | 'data' | 'resources' | 'interrupted' | 'internal';

/** Process exit codes by kind of failure (sysexits.h: USAGE, DATAERR, UNAVAILABLE, TEMPFAIL, SOFTWARE). */
export const exitCodes: Readonly<Record<ErrorTag, number>> = {
  usage: 64,
  data: 65,
  resources: 69,
  internal: 70,
  interrupted: 75,
};

export class PlumeError extends Error {
  readonly tag: ErrorTag;

  constructor(tag: ErrorTag, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlumeError';
    this.tag = tag;
  }

  get exitCode(): number {
    return exitCodes[this.tag];
  }
}

/** The request itself is wrong: a flag, a configuration key, a combination. Do not retry unchanged. */
export function usageError(message: string, options?: ErrorOptions): PlumeError {
  return new PlumeError('usage', message, options);
}

/** A file or its content is wrong: missing, truncated, wrong unit, wrong grid. Do not retry unchanged. */
export function dataError(message: string, options?: ErrorOptions): PlumeError {
  return new PlumeError('data', message, options);
}

/** The machine cannot do it now: memory, disk, device, permissions. Retry elsewhere or after making room. */
export function resourceError(message: string, options?: ErrorOptions): PlumeError {
  return new PlumeError('resources', message, options);
}

/** Stopped half-way with everything finished so far kept: run the same command again to resume. */
export function interruptedError(message: string, options?: ErrorOptions): PlumeError {
  return new PlumeError('interrupted', message, options);
}

/** A defect of this program. */
export function internalError(message: string, options?: ErrorOptions): PlumeError {
  return new PlumeError('internal', message, options);
}

export function isPlumeError(error: unknown): error is PlumeError {
  return error instanceof PlumeError;
}

/** Turns any thrown value into a tagged error: file-system codes become data or resource errors. */
export function toPlumeError(error: unknown, doing: string): PlumeError {
  if (isPlumeError(error)) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const text = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ENOENT':
      return dataError(`${doing}: no such file or directory; check the path (${text})`, { cause: error });
    case 'ENOSPC':
      return resourceError(`${doing}: the disk is full; free some space and run the same command again`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return resourceError(
        `${doing}: permission denied (${text}); choose another path or change its rights`,
        {
          cause: error,
        },
      );
    default:
      return internalError(`${doing}: ${text}`, { cause: error });
  }
}
