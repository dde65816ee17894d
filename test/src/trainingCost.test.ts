/** What a training costs, over several commands, and how fast its first steps go. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CostMeter } from '../../src/training/costMeter.js';
import { SpeedSample } from '../../src/training/speedSample.js';

let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the cost of a training', () => {
  /** Five steps of a stage, 2 s and 3 GFLOP each, after 10 s of preparing. */
  function command(before: ConstructorParameters<typeof CostMeter>[0]): CostMeter {
    const meter = new CostMeter(before);
    now += 10_000;
    meter.begin();
    for (let step = 0; step < 5; step++) {
      now += 2000;
      meter.step(0, { stage: 'epistemic', flops: 3e9 });
    }
    return meter;
  }

  it('counts the time of steps by stage, and adds up over commands', () => {
    const first = command(null);
    expect(first.gigaflopsPerSecond).toBeCloseTo(1.5, 12);
    const cost = first.cost(7e8);
    expect(cost).toMatchObject({ runs: 1, seconds: 20, memory_foretold_bytes: 7e8 });
    expect(cost.stages).toEqual([{ component: 0, stage: 'epistemic', steps: 5, seconds: 10, gigaflop: 15 }]);
    const second = command(cost);
    now += 4000;
    second.calibrated();
    const sum = second.cost(6e8);
    expect(sum).toMatchObject({ runs: 2, seconds: 44, calibration_seconds: 4, memory_foretold_bytes: 7e8 });
    expect(sum.stages).toEqual([{ component: 0, stage: 'epistemic', steps: 10, seconds: 20, gigaflop: 30 }]);
    // of this command alone
    expect(second.flops).toBe(15e9);
  });

  it('counts no step where a stage ends early', () => {
    const meter = command(null);
    meter.step(0, { stage: 'epistemic', flops: 0 });
    expect(meter.cost(0).stages[0]?.steps).toBe(5);
  });
});

describe('the speed of the first steps', () => {
  it('is that of one stage without what comes before its first step, told once', () => {
    const sample = new SpeedSample();
    const told: (number | null)[] = [];
    const steps = (stage: string, count: number, milliseconds: number): void => {
      // building the graph
      now += 60_000;
      for (let step = 0; step < count; step++) {
        now += milliseconds;
        told.push(sample.after({ stage, flops: 4e9 }));
      }
    };
    // too short a stage to tell anything of
    steps('deterministic', 5, 1000);
    expect(told).toEqual([null, null, null, null, null]);
    steps('epistemic', 20, 500);
    expect(told.filter((speed) => speed !== null)).toEqual([8e9]);
  });
});
