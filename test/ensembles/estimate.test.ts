/** What a run will need: what grows with what, and the refusal when it does not fit. */
import { describe, expect, it } from 'vitest';
import { availableMemoryBytes } from '../../core/availableMemory.js';
import { type ErrorTag, isPlumeError } from '../../core/errors.js';
import { defaultWorkers, estimateRun, type RunSize, requireFits } from '../../ensembles/estimate.js';

const size: RunSize = {
  members: 48,
  blockMembers: 24,
  batchMembers: 12,
  channels: 2,
  storedChannels: 2,
  points: 1000,
  historyLength: 2,
  steps: 7,
  storedLeads: 7,
  starts: 52,
  workers: 2,
  modelBytes: 1e7,
  modelRowBytes: 0,
  poolStates: 0,
  stepsBack: 0,
  perturbations: { heldBytes: 0, ownRows: 0, forecasts: [] },
};
const of = (change: Partial<RunSize>) => estimateRun({ ...size, ...change }, 0.01);

describe('the estimate of a run', () => {
  it('has a memory that depends on neither starts nor steps nor leads', () => {
    const { memoryBytes } = of({});
    for (const change of [
      { starts: 1 },
      { starts: 5000 },
      { steps: 1 },
      { steps: 400 },
      { storedLeads: 400 },
    ]) {
      expect(of(change).memoryBytes).toBe(memoryBytes);
    }
  });

  it('has a memory that grows with members beyond a block only by what reducing one field of all takes', () => {
    const { memoryBytes } = of({});
    expect(of({ members: 96 }).memoryBytes).toBe(memoryBytes);
    const large = of({ members: 1e6 }).memoryBytes;
    expect(large).toBeGreaterThan(2 * 1e6 * 1000 * 4);
    expect(of({ members: 2e6 }).memoryBytes - large).toBeCloseTo(2 * 2 * 1e6 * 1000 * 4, -6);
  });

  it('has a memory that grows with workers, block, batch, state and model', () => {
    const { memoryBytes } = of({});
    const larger: Partial<RunSize>[] = [
      { workers: 3 },
      { blockMembers: 48 },
      { batchMembers: 24 },
      { points: 2000 },
      { channels: 3 },
      { historyLength: 3 },
      { modelBytes: 2e7 },
      { poolStates: 64 },
      { stepsBack: 3 },
      { perturbations: { heldBytes: 1000, ownRows: 0, forecasts: [] } },
      { perturbations: { heldBytes: 0, ownRows: 100, forecasts: [] } },
    ];
    for (const change of larger) expect(of(change).memoryBytes).toBeGreaterThan(memoryBytes);
  });

  it('holds at least the states of every worker at once', () => {
    const large = { points: 1_000_000, blockMembers: 40 };
    expect(of(large).memoryBytes).toBeGreaterThan(2 * 3 * 40 * 2 * 1_000_000 * 4);
  });

  it('holds in every worker what perturbations do, and says how much of the memory is theirs', () => {
    expect(of({}).perturbationBytes).toBe(0);
    const perturbations = { heldBytes: 3e8, ownRows: 0, forecasts: [] };
    expect(of({ perturbations }).memoryBytes - of({}).memoryBytes).toBe(2 * 3e8);
    expect(of({ perturbations }).perturbationBytes).toBe(2 * 3e8);
    // what bred vectors take of a block of 24: as many rows of their own, and of forecasts, with all ages
    const bred = { heldBytes: 0, ownRows: 24 + 32, forecasts: [32] };
    const rows = 2 * (24 + 56) + 3 * 32 + 3 * 12;
    const large = { points: 1_000_000, perturbations: bred };
    expect(of(large).memoryBytes - of({ points: 0 }).memoryBytes).toBeCloseTo(
      (2 * rows + 3 * 2) * 2 * 4e6,
      -3,
    );
  });

  it('holds what the model works in for batches of other sizes, of forecasts that a start needs', () => {
    const modelRowBytes = 1e7;
    const bytes = (forecasts: readonly number[]) =>
      of({ points: 0, modelRowBytes, perturbations: { heldBytes: 0, ownRows: 0, forecasts } })
        .perturbationBytes;
    expect(bytes([])).toBe(0);
    expect(bytes([1, 2, 3])).toBe(2 * (1 + 2 + 3) * modelRowBytes);
    // batches of 12, and a rest
    expect(bytes([100])).toBe(2 * 24 * modelRowBytes);
  });

  it('has a disk that is linear in starts, kept leads and kept channels, and holds every value', () => {
    const { diskBytes } = of({});
    expect(of({ starts: 104 }).diskBytes).toBeCloseTo(2 * diskBytes, 3);
    expect(of({ storedLeads: 21 }).diskBytes).toBeCloseTo(3 * diskBytes, 3);
    expect(of({ storedChannels: 6 }).diskBytes).toBeCloseTo(3 * diskBytes, 3);
    expect(of({ steps: 70, channels: 20 }).diskBytes).toBe(diskBytes);
    const values = 48 * 52 * 7 * 2 * 1000 * 4;
    expect(diskBytes).toBeGreaterThan(values);
    expect(diskBytes).toBeLessThan(1.25 * values);
    const added = of({ members: 96 }).diskBytes - diskBytes;
    expect(of({ members: 144 }).diskBytes - diskBytes).toBeCloseTo(2 * added, 3);
  });

  it('takes its time from a timed step, shared by the workers, for what is left to do', () => {
    expect(of({}).seconds).toBeCloseTo((48 * 52 * 7 * 0.01) / 2, 9);
    expect(estimateRun(size, 0.01, 100).seconds).toBeCloseTo(0.5, 9);
    expect(estimateRun(size, null).seconds).toBeNull();
  });
});

describe('a run that does not fit', () => {
  const refusal = (memoryBytes: number, diskBytes: number): { tag: ErrorTag | null; message: string } => {
    try {
      requireFits(
        { memoryBytes: 3e9, perturbationBytes: 0, diskBytes: 5e9, seconds: 1 },
        { memoryBytes, diskBytes },
      );
    } catch (error) {
      return { tag: isPlumeError(error) ? error.tag : null, message: String(error) };
    }
    return { tag: null, message: '' };
  };

  it('is refused as too large for the memory or the disk, with both numbers and what would help', () => {
    const memory = refusal(2.5e9, 1e12);
    expect(memory.tag).toBe('resources');
    expect(memory.message).toMatch(/about 3\.00 GB of memory, 2\.50 GB are free; use fewer --workers/);
    const disk = refusal(1e12, 4.25e9);
    expect(disk.tag).toBe('resources');
    expect(disk.message).toMatch(/writes about 5\.00 GB, 4\.25 GB are free on the disk; use another --out/);
  });

  it('is not one that fits exactly', () => {
    expect(refusal(3e9, 5e9)).toEqual({ tag: null, message: '' });
  });

  it('is measured against memory that this machine has', () => {
    expect(availableMemoryBytes()).toBeGreaterThan(0);
    expect(defaultWorkers('cpu')).toBeGreaterThanOrEqual(1);
    for (const device of ['webgpu', 'cuda']) expect(defaultWorkers(device)).toBe(1);
  });
});
