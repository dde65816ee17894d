/** Progress of long work: one live line on a terminal, plain lines elsewhere, nothing when quiet. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReporter, formatBytes, formatSeconds, type Reporter } from '../../src/progress.js';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Ten minutes of work in a thousand steps of 0.6 s; what was written. */
function work(stream: { isTTY: boolean; columns?: number }, quiet = false): string[] {
  const written: string[] = [];
  const write = (text: string): boolean => written.push(text) > 0;
  const reporter: Reporter = createReporter({
    quiet,
    stream: { ...stream, write } as unknown as NodeJS.WriteStream,
  });
  reporter.line('device     cpu');
  const progress = reporter.begin('forecast', 1000, 'steps');
  for (let done = 1; done <= 1000; done++) {
    now += 600;
    progress.update(done);
  }
  progress.finish();
  return written;
}

describe('progress', () => {
  it('elsewhere than on a terminal is a plain line every five seconds or more, with rate and time left', () => {
    const written = work({ isTTY: false });
    expect(written[0]).toBe('device     cpu\n');
    expect(written[1]).toBe('forecast  9/1000 steps  0 %  1.7/s  ETA 9 min 55 s\n');
    expect(written.at(-1)).toBe('forecast  1000/1000 steps  100 %  1.7/s  took 10 min 00 s\n');
    expect(written.length).toBeLessThanOrEqual(2 + 600 / 5);
    for (const line of written) {
      expect(line).not.toContain('\r');
      expect(line.indexOf('\n')).toBe(line.length - 1);
    }
  });

  it('on a terminal is one line written over, no wider than the screen, and kept at the end', () => {
    const [line, ...live] = work({ isTTY: true, columns: 40 });
    expect(line).toBe('device     cpu\n');
    expect(live.pop()).toBe('\n');
    expect(live.length).toBeGreaterThan(500);
    for (const text of live) {
      expect(text.startsWith('\r\u001b[K')).toBe(true);
      expect(text).not.toContain('\n');
      expect(text.length - '\r\u001b[K'.length).toBeLessThan(40);
    }
  });

  it('leaves out first what it can do without, so that a long note still fits the screen', () => {
    const written: string[] = [];
    const write = (text: string): boolean => written.push(text) > 0;
    const stream = { isTTY: true, columns: 80, write } as unknown as NodeJS.WriteStream;
    const reporter = createReporter({ quiet: false, stream });
    const progress = reporter.begin('training', 38_400, 'GFLOP');
    now += 600_000;
    progress.update(12_000, 'loss 0.131');
    progress.update(12_000, 'unseen');
    now += 1000;
    progress.update(12_100, '1/4 aleatoric 75/340  loss 0.131  CRPS 0.287  SSR 0.94');
    reporter.line('time       at most 11 min');
    expect(written).toEqual([
      '\r\u001b[Ktraining  12.0k/38.4k GFLOP  31 %  20/s  ETA 22 min 00 s  loss 0.131',
      '\r\u001b[K31 %  ETA 21 min 46 s  1/4 aleatoric 75/340  loss 0.131  CRPS 0.287  SSR 0.94',
      // on its own line, in place of the live one
      '\r\u001b[Ktime       at most 11 min\n',
    ]);
  });

  it('does not take what need not be done for speed', () => {
    const written: string[] = [];
    const write = (text: string): boolean => written.push(text) > 0;
    const stream = { isTTY: false, write } as unknown as NodeJS.WriteStream;
    const progress = createReporter({ quiet: false, stream }).begin('training', 1000, 'GFLOP');
    now += 10_000;
    progress.update(100);
    progress.skip(600);
    now += 10_000;
    progress.update(800);
    expect(written.at(-1)).toBe('training  800/1000 GFLOP  80 %  10/s  ETA 20 s\n');
  });

  it('is nothing when quiet', () => {
    expect(work({ isTTY: true }, true)).toEqual([]);
  });

  it('tells spans and sizes in words', () => {
    expect([0.04, 9.94, 9.96, 59.4, 60, 125, 3599.6, 4320, Number.NaN].map(formatSeconds)).toEqual([
      ...['0.0 s', '9.9 s', '10 s', '59 s', '1 min 00 s', '2 min 05 s', '1 h 00 min', '1 h 12 min', '–'],
    ]);
    expect([640_000, 5_810_000, 1.3e9].map(formatBytes)).toEqual(['640 kB', '5.8 MB', '1.30 GB']);
  });
});
