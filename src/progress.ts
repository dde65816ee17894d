/**
 * Progress of long work on standard error: one live line with rate and ETA on a terminal, a plain line every
 * few seconds elsewhere, nothing with --quiet. Standard output stays free for results.
 */

export interface Progress {
  /** Work that was there before this began: done, but no sign of speed. */
  from(done: number): void;
  /** Work that need not be done after all: it counts as done, and is no sign of speed. */
  skip(amount: number): void;
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
  let counted = silent;
  return {
    quiet: options.quiet,
    line: (text) => {
      // a line that stays takes the place of the live one, which comes back below
      if (!options.quiet) stream.write(`${terminal && counted !== silent ? overwrite : ''}${text}\n`);
    },
    begin: (what, total, unit) => {
      if (options.quiet) return silent;
      const progress = counting(stream, terminal, { what, total, unit });
      const finish = (note?: string): void => {
        progress.finish(note);
        counted = silent;
      };
      counted = { ...progress, finish };
      return counted;
    },
  };
}

/** Back to the beginning of a terminal's line, and its text away. */
const overwrite = '\r\u001b[K';

const silent: Progress = {
  from: () => undefined,
  skip: () => undefined,
  update: () => undefined,
  finish: () => undefined,
};

function counting(
  stream: NodeJS.WriteStream,
  terminal: boolean,
  { what, total, unit }: { what: string; total: number; unit: string },
): Progress {
  let started = performance.now();
  let shown = terminal ? -Infinity : started;
  let before = 0;
  let done = 0;

  /** As much as fits: first the counts and the rate are left out, then what is being done. */
  const text = (note: string | undefined, width = Number.POSITIVE_INFINITY): string => {
    const seconds = (performance.now() - started) / 1000;
    const rate = (done - before) / Math.max(seconds, 1e-9);
    const left = rate > 0 ? (total - done) / rate : Number.NaN;
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const counts = `${what}  ${formatCount(done)}/${formatCount(total)} ${unit}`;
    const time = done >= total ? `took ${formatSeconds(seconds)}` : `ETA ${formatSeconds(left)}`;
    const rest = note === undefined ? [time] : [time, note];
    const speed = rate > 0 ? [`${formatCount(rate)}/s`] : [];
    const lines = [
      [counts, `${percent} %`, ...speed, ...rest],
      [what, `${percent} %`, ...rest],
      [`${percent} %`, ...rest],
    ].map((parts) => parts.join('  '));
    const [full = '', , least = full] = lines;
    if (full.length <= width) return full;
    // nothing is gained by leaving out what is not shown anyway
    return note === undefined ? full : (lines.find((line) => line.length <= width) ?? least);
  };
  const show = (note: string | undefined): void => {
    const width = (stream.columns ?? 80) - 1;
    if (terminal) stream.write(`${overwrite}${text(note, width).slice(0, width)}`);
    else stream.write(`${text(note)}\n`);
  };
  return {
    from: (there) => {
      before = there;
      done = there;
      started = performance.now();
    },
    skip: (amount) => {
      before += amount;
      done += amount;
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
