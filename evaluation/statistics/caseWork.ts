/**
 * The way through the cases: start by start, lead by lead, channel by channel, in the order in which archives and member
 * files lie. Members go through the pipeline stretch by stretch while references are scored in this thread; sums of
 * stretches are added in the order of the stretches, and each case has a row of its own.
 */
import { dataError, interruptedError, PlumeError } from '../../core/errors.js';
import { channelName } from '../../core/schema.js';
import { formatTime, millisecondsPerHour } from '../../core/time.js';
import type { Reference } from '../references/reference.js';
import { type CasePlace, CaseRows } from './caseRows.js';
import { type CaseTruth, copyStretch, fillTruth, truthOfCase } from './caseTruth.js';
import { fieldResultSize, fieldRows, flattenFields } from './fieldColumns.js';
import { type GatherPlan, mapKey, memberCountOf } from './gatherPlan.js';
import type { Gathered, GatheredRun, GatherRequest } from './gatherRequest.js';
import { MapSums } from './mapSums.js';
import { inputSize, type OutputPlace, outputPlace, pieceSums } from './pieces.js';
import { ReferenceRows, RowsByValidTime } from './referenceRows.js';
import { emptySums, meansOfSums, type RegionSums } from './regionSums.js';
import type { RowLayout } from './rowLayout.js';
import type { ScorePipeline } from './scorePipeline.js';

/** Members of one run for one case, scored stretch by stretch. */
interface RunCase {
  readonly at: CasePlace;
  readonly run: number;
  readonly layout: RowLayout;
  /** Of each region. */
  readonly sums: RegionSums[];
  /** Of fields that are read in several stretches; null: none are. */
  readonly fieldSums: Float64Array | null;
}

export class CaseWork {
  private readonly request: GatherRequest;
  private readonly plan: GatherPlan;
  private readonly pipeline: ScorePipeline;
  private readonly rows: CaseRows;
  private readonly maps = new Map<string, MapSums>();
  private readonly references: ReferenceRows;
  private readonly byValidTime = new RowsByValidTime();
  private readonly position: ReadonlyMap<number, number>;
  private readonly added = new Set<number>();
  private failure: Error | null = null;
  private scored = 0;
  private missingTruth = 0;
  private done = 0;

  constructor(request: GatherRequest, plan: GatherPlan, pipeline: ScorePipeline) {
    this.request = request;
    this.plan = plan;
    this.pipeline = pipeline;
    this.position = new Map(plan.starts.map((start, i) => [start, i]));
    this.rows = new CaseRows(plan);
    this.references = new ReferenceRows(plan.score, plan.referenceFieldNames);
  }

  /** After a failure nothing more is taken: what was on its way is lost. */
  async add(starts: readonly number[]): Promise<void> {
    if (this.failure !== null) throw this.failure;
    try {
      for (const start of starts) await this.addStart(start);
      await this.pipeline.drain();
    } catch (error) {
      this.failure = error as Error;
      throw error;
    }
    for (const start of starts) this.added.add(start);
  }

  private async addStart(start: number): Promise<void> {
    const { plan } = this;
    const s = this.position.get(start);
    if (s === undefined) throw dataError(`${formatTime(start)} is none of the starts to be gathered`);
    this.byValidTime.releaseBefore(start);
    for (const [l, leadHours] of plan.leadsHours.entries()) {
      if (!plan.truth.has(start + leadHours * millisecondsPerHour)) {
        this.missingTruth += plan.channels.length;
        this.finished(plan.channels.length);
        continue;
      }
      for (const c of plan.channels.keys()) {
        this.requireGoingOn();
        await this.addCase({ start: s, lead: l, channel: c });
      }
    }
  }

  private async addCase(at: CasePlace): Promise<void> {
    const { plan } = this;
    const start = plan.starts[at.start]!;
    const leadHours = plan.leadsHours[at.lead]!;
    try {
      const against = await truthOfCase(plan, at.channel, start + leadHours * millisecondsPerHour);
      for (const [r, run] of this.request.runs.entries()) await this.addRun(at, r, run, against);
      for (const [i, reference] of plan.references[at.channel]!.entries())
        await this.addReference(at, i, reference, against);
    } catch (error) {
      throw explained(error, start, leadHours);
    }
    this.scored++;
  }

  private async addRun(
    at: CasePlace,
    run: number,
    { name, source }: GatheredRun,
    against: CaseTruth,
  ): Promise<void> {
    const { plan } = this;
    const { grid } = this.request.archive.schema;
    const layout = plan.runLayouts[run]![at.channel]!;
    const start = plan.starts[at.start]!;
    const leadHours = plan.leadsHours[at.lead]!;
    const channel = plan.runChannels[run]![at.channel]!;
    const expected = memberCountOf(plan.score.designs[run]!);
    const maps = plan.mapped.has(mapKey(channelName(plan.channels[at.channel]!), leadHours));
    const stretch = plan.stretchRows[run]! * grid.longitudes.length;
    const fields = plan.runFields[run] ?? null;
    const fieldSize = fields?.size ?? 0;
    const whole: RunCase = {
      at,
      run,
      layout,
      sums: plan.regions.map(() => emptySums(layout)),
      fieldSums: fields === null || stretch >= plan.score.points ? null : new Float64Array(fieldSize),
    };
    for (let from = 0; from < plan.score.points; from += stretch) {
      const to = Math.min(plan.score.points, from + stretch);
      const n = to - from;
      const place = outputPlace(plan.score, layout, fieldSize, { from, to, maps });
      await this.pipeline.add({
        piece: { design: run, channel: at.channel, from, to, maps },
        size: { input: inputSize(plan.score, run, at.channel, n), output: place.size },
        fill: async (input) => {
          fillTruth(input.subarray(expected * n), against, from, to, plan.score.points);
          const into = input.subarray(0, expected * n);
          const read = await source.readMembers(start, leadHours, channel, { from, to }, into);
          requireMembers(name, read.members.length, expected);
          if (read.values !== into) copyStretch(read.values, into, expected, from, to);
        },
        take: (output) => this.take(whole, from, to, output, place),
        explain: (error) => explained(error, start, leadHours),
      });
    }
  }

  /** Adds a stretch to its case; the last one makes the row. */
  private take(whole: RunCase, from: number, to: number, output: Float64Array, place: OutputPlace): void {
    const { plan } = this;
    const { at, run, layout, sums, fieldSums } = whole;
    for (const [r, piece] of pieceSums(plan.score, layout, output, 0).entries()) {
      addInto(sums[r]!.sums, piece.sums);
      addInto(sums[r]!.weights, piece.weights);
    }
    if (place.size > place.maps) this.mapOf(run, at).add(output.subarray(place.maps), from);
    const fields = output.subarray(place.fields, place.maps);
    if (fieldSums !== null) addInto(fieldSums, fields);
    if (to < plan.score.points) return;
    const own = this.fieldRowsOf(run, fieldSums, fields);
    const model = { name: this.request.runs[run]!.name, layout, fieldNames: plan.fieldNames };
    for (const [r, region] of sums.entries())
      this.rows.keep(model, at, r, meansOfSums(layout, region), own?.[r] ?? null);
    if (run === this.request.runs.length - 1) this.finished(1);
  }

  /** Columns of field scores of each region, from the sums of all stretches or from a field that came whole. */
  private fieldRowsOf(
    run: number,
    sums: Float64Array | null,
    whole: Float64Array,
  ): readonly Float64Array[] | null {
    const { plan } = this;
    const scores = plan.runFields[run] ?? null;
    if (scores === null || plan.score.fields === null) return null;
    if (sums === null) return fieldRows(plan.fieldNames, whole);
    const flat = new Float64Array(fieldResultSize(plan.score.fields, plan.score.regions));
    flattenFields(scores.result(sums), plan.score.fields, flat);
    return fieldRows(plan.fieldNames, flat);
  }

  private async addReference(
    at: CasePlace,
    i: number,
    reference: Reference,
    against: CaseTruth,
  ): Promise<void> {
    const { plan } = this;
    const start = plan.starts[at.start]!;
    const leadHours = plan.leadsHours[at.lead]!;
    const validTime = start + leadHours * millisecondsPerHour;
    const key = `${at.channel}/${i}`;
    const layout = plan.referenceLayouts[i]![at.channel]!;
    let rows = this.byValidTime.get(key, validTime);
    if (rows === undefined) {
      const inputs: Float32Array[] = [];
      for (const age of reference.inputHours) {
        const time = start - age * millisecondsPerHour;
        if (!plan.truth.has(time)) return;
        inputs.push(await plan.truth.field(time, plan.archiveChannels[at.channel]!));
      }
      const prediction = reference.predict(inputs, start, leadHours);
      const states = plan.score.fields === null ? null : (reference.climate?.states(validTime) ?? null);
      rows = this.references.rows(prediction, layout, against, states);
      if (reference.inputHours.length === 0) this.byValidTime.set(key, validTime, rows);
    }
    const model = { name: reference.name, layout, fieldNames: plan.referenceFieldNames };
    for (const [r, row] of rows.entries()) this.rows.keep(model, at, r, row.means, row.fields);
  }

  private mapOf(run: number, { channel, lead }: CasePlace): MapSums {
    const key = `${run}/${channel}/${lead}`;
    const found = this.maps.get(key) ?? new MapSums(this.plan.score.points);
    this.maps.set(key, found);
    return found;
  }

  result(): Gathered {
    const { plan, request } = this;
    const maps = [...this.maps].flatMap(([key, sums]) => {
      const [run, channel, lead] = key.split('/').map(Number) as [number, number, number];
      const { variable, level } = plan.channels[channel]!;
      const model = request.runs[run]!.name;
      return sums.maps({ model, variable, level, lead_hours: plan.leadsHours[lead]! });
    });
    const references = plan.channels.flatMap((channel, c) =>
      plan.references[c]!.map(({ name, summary }) => ({ channel: channelName(channel), name, summary })),
    );
    const table = this.rows.table((start) => this.added.has(start));
    return { table, maps, scored: this.scored, missingTruth: this.missingTruth, references };
  }

  private finished(cases: number): void {
    this.done += cases;
    this.request.onProgress?.(this.done, this.total);
  }

  private get total(): number {
    const { starts, leadsHours, channels } = this.plan;
    return starts.length * leadsHours.length * channels.length;
  }

  private requireGoingOn(): void {
    if (this.request.signal?.aborted !== true) return;
    throw interruptedError(
      `stopped after ${this.done} of ${this.total} cases (start, lead, channel); run the same command again`,
    );
  }
}

/** Names the case where it arose, once: pieces of earlier cases fail while a later one is under way. */
function explained(error: unknown, start: number, leadHours: number): Error {
  const place = `start ${formatTime(start)}, lead ${leadHours} h: `;
  if (!(error instanceof PlumeError)) return error as Error;
  if (error.tag === 'interrupted' || /^start \S+, lead \d+ h: /.test(error.message)) return error;
  return new PlumeError(error.tag, `${place}${error.message}`, { cause: error });
}

function requireMembers(name: string, found: number, expected: number): void {
  if (found === expected) return;
  throw dataError(`${name} has ${found} of ${expected} members; run the same forecast again to finish it`);
}

function addInto(sums: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += more[i]!;
}
