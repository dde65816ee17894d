/**
 * Progress of long work on standard error: one live line with rate and ETA on a terminal, a plain line every
 * few seconds elsewhere, nothing with --quiet. Standard output stays free for results.
 */

export interface Progress {
  /** Work that was there before this began: done, but no sign of speed. */
  from(done: number): void;
  /** Work done so far, in units of the total; `note` is shown behind the rate. */
  update(done: number, note?: string): void;
  /** Ends the line, keeping its last state on screen. */
  finish(note?: string): void;
}

export interface Reporter {
  readonly quiet: boolean;
  /** One line that stays. */
  line(text: string): void;
  /** Starts counting towards `total` of `unit`. */
  begin(what: string, total: number, unit: string): Progress;
}

const terminalIntervalMs = 100;
const plainIntervalMs = 5_000;

export function createReporter(options: {
  readonly quiet: boolean;
  readonly stream?: NodeJS.WriteStream;
}): Reporter {
  const stream = options.stream ?? process.stderr;
  const terminal = stream.isTTY === true;
  return {
    quiet: options.quiet,
    line: (text) => {
      if (!options.quiet) stream.write(`${text}\n`);
    },
    begin: (what, total, unit) =>
      options.quiet ? silent : counting(stream, terminal, { what, total, unit }),
  };
}

const silent: Progress = { from: () => undefined, update: () => undefined, finish: () => undefined };

function counting(
  stream: NodeJS.WriteStream,
  terminal: boolean,
  { what, total, unit }: { what: string; total: number; unit: string },
): Progress {
  let started = performance.now();
  let shown = terminal ? -Infinity : started;
  let before = 0;
  let done = 0;
  let last = '';

  const text = (note: string | undefined): string => {
    const seconds = (performance.now() - started) / 1000;
    const rate = (done - before) / Math.max(seconds, 1e-9);
    const left = rate > 0 ? (total - done) / rate : Number.NaN;
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const parts = [`${what}  ${formatCount(done)}/${formatCount(total)} ${unit}`, `${percent} %`];
    if (rate > 0) parts.push(`${formatCount(rate)}/s`);
    parts.push(done >= total ? `took ${formatSeconds(seconds)}` : `ETA ${formatSeconds(left)}`);
    if (note !== undefined) parts.push(note);
    return parts.join('  ');
  };
  const show = (note: string | undefined): void => {
    last = text(note);
    if (terminal) stream.write(`\r\u001b[K${last.slice(0, (stream.columns ?? 80) - 1)}`);
    else stream.write(`${last}\n`);
  };
  return {
    from: (there) => {
      before = there;
      done = there;
      started = performance.now();
    },
    update: (now, note) => {
      done = now;
      const time = performance.now();
      if (time - shown < (terminal ? terminalIntervalMs : plainIntervalMs)) return;
      shown = time;
      show(note);
    },
    finish: (note) => {
      show(note);
      if (terminal) stream.write('\n');
    },
  };
}

function formatCount(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k`;
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(2);
}

/** "3 s", "2 min 05 s", "1 h 12 min" */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}

/** "640 kB", "1.3 GB" */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
