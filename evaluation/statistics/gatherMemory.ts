/**
 * Memory that a gathering takes, told before it begins. Slots, sums and maps do not grow with the number of starts; rows
 * do, by some kilobytes a case.
 */
import { climateBytes } from '../references/climate.js';
import type { GatherPlan } from './gatherPlan.js';
import { mapBytesPerPoint } from './mapSums.js';
import { slotCount } from './scorePipeline.js';

/** This program, and a worker thread with its kernels. */
const processBytes = 150e6;
const workerBytes = 45e6;
/** Fields that a reference is scored to, and those of each of its events. */
const referenceFields = 24;
const eventFields = 4;

/** Bytes at most, beside the training series of references, which are there already (gatherPlan.ts). */
export function gatherMemory(plan: GatherPlan): number {
  const { score, slot, workers, starts, leadsHours, channels, runLayouts, methods } = plan;
  const { points, regions, events, climate, weights } = score;
  const models = runLayouts.length + methods.length;
  const columns = [...runLayouts, ...plan.referenceLayouts].flat();
  const meanBytes = regions * columns.reduce((sum, { names }) => sum + 8 * names.length, 0);
  const fieldBytes = plan.fieldNames.reduce((sum, { length }) => sum + 8 * length, 0);
  const rowBytes = meanBytes + channels.length * models * fieldBytes;
  // Rows by valid time, kept until no later start asks for them.
  const ahead = plan.referenceLayouts.flat().reduce((sum, { names }) => sum + 8 * names.length, 0);
  const mostEvents = Math.max(0, ...events.map(({ length }) => length));
  return (
    processBytes +
    workers * workerBytes +
    slotCount(workers) * (4 * slot.input + 8 * slot.output) +
    plan.truthBytes +
    plan.sourceBytes +
    leadsHours.length * regions * ahead +
    weights.byteLength +
    starts.length * leadsHours.length * rowBytes +
    plan.mapped.size * runLayouts.length * mapBytesPerPoint * points +
    (methods.length === 0 ? 0 : 8 * points * (referenceFields + eventFields * mostEvents)) +
    (climate ? climateBytes(points, channels.length) : 0)
  );
}
