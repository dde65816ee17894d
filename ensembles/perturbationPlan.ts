/** What makes members differ and analyses err, as plain data, and what that needs before the first member is made. */
import type { Schema } from '../core/schema.js';
import { climatologicalSpread } from '../perturbations/climatologicalSpread.js';
import { createInitialPerturbations, createStepPerturbations } from '../perturbations/create.js';
import type { InitialSource, PerturbationContext, StatePool, StepSource } from '../perturbations/source.js';

export interface PerturbationPlan {
  /** Of the members' first states, in their order. */
  readonly initial: readonly InitialSource[];
  /** Of every step, in their order. */
  readonly steps: readonly StepSource[];
  /** α of the error of analyses, as a share of climatological spread; 0: they are the truth. */
  readonly analysisError: number;
  /** Valid times, rising, of the states that these are made of or measured by; empty where there is no need of any. */
  readonly dates: readonly number[];
  /** True: differences of states are turned by a random angle. */
  readonly rotate: boolean;
  /** hPa at which each channel of the model lies. */
  readonly pressures: readonly number[];
  /** What of presets was changed so that it fits the model. */
  readonly notes: readonly string[];
}

type ModelShape = Pick<PerturbationContext, 'schema' | 'stepHours'>;

/** Members are copies, analyses the truth. */
export function noPerturbations(schema: Schema): PerturbationPlan {
  const pressures = schema.channels.map(({ level }) => level ?? 1000);
  return { initial: [], steps: [], analysisError: 0, dates: [], rotate: false, pressures, notes: [] };
}

/** True for what is a share of climatological spread, or made of states of other dates. */
export function needsStates(source: InitialSource | StepSource): boolean {
  switch (source.kind) {
    case 'white':
    case 'red':
    case 'spherical-gaussian':
    case 'perlin':
    case 'state-difference':
    case 'balanced':
      return true;
    case 'noise':
      return source.balance !== 'none';
    case 'lagged':
    case 'bred':
    case 'sppt':
    case 'skeb':
      return false;
  }
}

/** What perturbations take in one worker, beside the states of the members. */
export interface PerturbationMemory {
  /** From their first use on. */
  readonly heldBytes: number;
  /** At the start, of the one that takes most: states of its own, each of all ages of the model's history. */
  readonly ownRows: number;
  /** Numbers of rows that are forecast at once, each once. */
  readonly forecasts: readonly number[];
}

export interface PerturbationNeeds {
  /** Analyses before the start, a step of the model apart, beyond the model's history. */
  readonly stepsBack: number;
  /** For blocks of so many weight samples, each with so many noise streams. */
  memory(samples: number, streams: number): PerturbationMemory;
  /** What whoever asked should know. */
  readonly notes: readonly string[];
}

/**
 * Creates what is planned before states are read, for its checks and its needs.
 * @throws {PlumeError} usage, for parameters that do not fit the model
 */
export function perturbationNeeds(plan: PerturbationPlan, model: ModelShape): PerturbationNeeds {
  const ones = model.schema.channels.map(() => 1);
  const context = { ...contextOf(plan, model, null), spread: ones };
  // differences of states have nothing to check but the states
  const initial = createInitialPerturbations(
    plan.initial,
    context,
    ({ kind }) => kind !== 'state-difference',
  );
  const steps = createStepPerturbations(plan.steps, context);
  return {
    stepsBack: Math.max(0, ...initial.map(({ stepsBack }) => stepsBack)),
    notes: [...plan.notes, ...[...initial, ...steps].flatMap(({ notes = [] }) => notes)],
    memory: (samples, streams) => {
      const atStart = initial.map((each) => each.memory(samples, streams));
      const held = [
        ...atStart.map(({ heldBytes }) => heldBytes),
        ...steps.map((each) => each.memoryBytes(samples * streams)),
      ];
      return {
        heldBytes: held.reduce((sum, bytes) => sum + bytes, 0),
        ownRows: Math.max(0, ...atStart.map(({ ownRows }) => ownRows)),
        forecasts: [...new Set(atStart.flatMap(({ forecasts }) => forecasts))],
      };
    },
  };
}

/** @param pool states of the plan's dates; null where it has none */
export function contextOf(
  { rotate, pressures }: PerturbationPlan,
  { schema, stepHours }: ModelShape,
  pool: StatePool | null,
): PerturbationContext {
  const spread = pool === null ? [] : climatologicalSpread(schema, pool);
  return { schema, stepHours, pressures, spread, pool, rotate };
}
