/**
 * What a gathering will do, settled before the first member is read: which channels of the archive are the truth, what
 * references and events there are, what a row of each model consists of, and how fields are cut into stretches.
 */
import { requireMemory } from '../../core/availableMemory.js';
import { gridSize } from '../../core/grid.js';
import { channelName, type Schema } from '../../core/schema.js';
import type { NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import type { FieldScores } from '../fields/fieldScores.js';
import { channelsInArchive, requireTruth, statesShared } from '../overlap.js';
import { fitReferences, referenceBytes } from '../references/fitReferences.js';
import type { Reference, ReferenceMethod } from '../references/reference.js';
import { regionWeights, wholeDomain } from '../region.js';
import { type Truth, truthOf } from '../truth.js';
import { type Event, eventsOf } from './events.js';
import { type FieldPlan, fieldNames, fieldScoresOf, withoutSpectra } from './fieldColumns.js';
import type { GatherRequest } from './gatherRequest.js';
import { mapBytesPerPoint } from './mapSums.js';
import { inputSize, outputPlace, type ScorePlan, weightsOfRegions } from './pieces.js';
import { ensembleLayout, predictionLayout, type RowLayout } from './rowLayout.js';
import type { PieceSize } from './scorePipeline.js';
import { usefulWorkers } from './scorePool.js';

export interface GatherPlan {
  /** Rising. */
  readonly starts: readonly number[];
  readonly leadsHours: readonly number[];
  readonly channels: Schema['channels'];
  /** Index in the archive of every channel. */
  readonly archiveChannels: readonly number[];
  /** [run][channel]: index in the run. */
  readonly runChannels: readonly (readonly number[])[];
  readonly truth: Truth;
  readonly methods: readonly ReferenceMethod[];
  /** [channel][reference] */
  readonly references: readonly (readonly Reference[])[];
  readonly score: ScorePlan;
  /** Names of regions. */
  readonly regions: readonly string[];
  /** [run][channel] */
  readonly runLayouts: readonly (readonly RowLayout[])[];
  /** [run]: how fields are scored as wholes; null where they are not. */
  readonly runFields: readonly (FieldScores | null)[];
  /** [region]: names of the columns of field scores. */
  readonly fieldNames: readonly (readonly string[])[];
  /** Of references: without spectra. */
  readonly referenceFieldNames: readonly (readonly string[])[];
  /** [reference][channel] */
  readonly referenceLayouts: readonly (readonly RowLayout[])[];
  /** [run]: rows of the grid that are read at a time. */
  readonly stretchRows: readonly number[];
  readonly slot: PieceSize;
  readonly workers: number;
  /** Pairs of channel and lead that maps are made of. */
  readonly mapped: ReadonlySet<string>;
  /** Of states of truth that are kept. */
  readonly truthBytes: number;
  /** Of what the runs' files keep decoded. */
  readonly sourceBytes: number;
}

/** Bytes of members that a stretch has, about: large enough for few reads, small enough for several in flight. */
const stretchBytes = 16 * 2 ** 20;
/** Bytes of maps in the making, at most; leads are left out beyond. */
const mostMapBytes = 400 * 2 ** 20;
/** Bytes of truth that are kept for forecasts that share a valid time. */
const mostTruthBytes = 256 * 2 ** 20;
/** Channels whose maps are made unasked, of those that there are. */
const headlines = ['z500', 't850', 'u250', 'msl', 't2m'];
const mostMapChannels = 4;
const mostMapLeads = 5;
/** Days 1, 3, 5, 7 and 10: what people look at, of runs that have at least three of them. */
const usualMapLeads = [24, 72, 120, 168, 240];
const fewestUsualLeads = 3;

/**
 * @throws {PlumeError} data, when runs and archive do not fit together or do not overlap in time, or the training period
 *   does not serve; usage, for events without climatology
 */
export async function planGathering(request: GatherRequest): Promise<GatherPlan> {
  const { runs, archive, nanPolicy = 'raise', training } = request;
  const { archiveName = 'the archive', references: methods = [], regions = [wholeDomain] } = request;
  const first = runs[0]!.source;
  const starts = [...(request.starts ?? Array.from(first.starts))].sort((a, b) => a - b);
  const leadsHours = request.leadsHours ?? first.leadsHours;
  const channels = request.channels ?? first.schema.channels;
  const { grid } = archive.schema;
  const points = gridSize(grid);
  const name = runs.map((run) => run.title ?? run.name).join(', ');
  const archiveChannels = channelsInArchive(
    { name, value: { grid: first.schema.grid, channels } },
    { name: archiveName, value: archive.schema },
  );
  const stateBytes = 4 * points * archive.schema.channels.length;
  const keptStates = Math.max(
    2,
    Math.min(statesShared(archive, leadsHours), Math.floor(mostTruthBytes / stateBytes)),
  );
  const truth = truthOf(archive, keptStates);
  requireTruth({ name, value: { starts, leadsHours } }, { name: archiveName, value: archive }, truth);
  const weights = new Float64Array(new SharedArrayBuffer(8 * regions.length * points));
  for (const [r, region] of regions.entries()) weights.set(regionWeights(region, grid), r * points);
  const toFit = { archive, channels: archiveChannels, methods, training, starts, leadsHours };
  requireMemory(
    'fitting references',
    referenceBytes(toFit),
    'use a shorter --train, fewer --references, or verify fewer channels at a time',
  );
  const references = await fitReferences(toFit);
  const climate = references[0]?.some((reference) => reference.climate !== undefined) ?? false;
  const events: Event[][] = channels.map((channel) =>
    eventsOf(channelName(channel), request.events ?? {}, climate),
  );
  const designs = runs.map(({ source }) => designOf(source.manifest));
  const fields: FieldPlan | null =
    (request.fieldScores ?? true)
      ? { grid, whole: regions.findIndex((region) => 'box' in region && region.box === null) }
      : null;
  const score: ScorePlan = {
    points,
    designs,
    events,
    climate,
    nanPolicy,
    regions: regions.length,
    weights,
    fields,
  };
  const runFields = designs.map((design) =>
    fields === null ? null : fieldScoresOf(fields, weightsOfRegions(score), memberCountOf(design), nanPolicy),
  );
  const namesOf = (own: FieldPlan | null): string[][] =>
    own === null ? regions.map(() => []) : fieldNames(own, regions.length);
  const runLayouts = designs.map((design) => events.map((own) => ensembleLayout(design, own, climate)));
  const referenceLayouts = methods.map(({ kind }) =>
    events.map((own) => predictionLayout(kind, own, climate)),
  );
  const columns = grid.longitudes.length;
  const stretchRows = designs.map(({ weightSamples, noiseStreams }) => {
    const rows = Math.floor(stretchBytes / (4 * weightSamples * noiseStreams * columns));
    return Math.max(1, Math.min(grid.latitudes.length, rows));
  });
  const mapped = mappedPlaces(request, channels, leadsHours, points);
  const fieldSizes = runFields.map((each) => each?.size ?? 0);
  const slot = slotSize(score, runLayouts, fieldSizes, stretchRows, columns, mapped.size > 0);
  const cases = starts.length * leadsHours.length * channels.length;
  const values = designs.reduce((sum, design) => sum + memberCountOf(design), 0) * points * cases;
  const workers = request.workers ?? usefulWorkers(values);
  return {
    starts,
    leadsHours,
    channels,
    archiveChannels,
    runChannels: runs.map(({ source }) => {
      const names = source.schema.channels.map(channelName);
      return channels.map((channel) => names.indexOf(channelName(channel)));
    }),
    truth,
    methods,
    references,
    score,
    regions: regions.map((region) => region.name),
    runLayouts,
    runFields,
    fieldNames: namesOf(fields),
    referenceFieldNames: namesOf(fields === null ? null : withoutSpectra(fields)),
    referenceLayouts,
    stretchRows,
    slot,
    workers,
    mapped,
    truthBytes: keptStates * stateBytes,
    sourceBytes: runs.reduce((sum, { source }) => sum + (source.heldBytes ?? 0), 0),
  };
}

function designOf(manifest: {
  readonly weight_samples: number;
  readonly noise_streams: number;
}): NestedDesign {
  return { weightSamples: manifest.weight_samples, noiseStreams: manifest.noise_streams };
}

export function memberCountOf({ weightSamples, noiseStreams }: NestedDesign): number {
  return weightSamples * noiseStreams;
}

/** Key of a channel and a lead in {@link GatherPlan.mapped}. */
export function mapKey(channel: string, leadHours: number): string {
  return `${channel}/${leadHours}`;
}

/** Of those asked for, or the headline ones, as many as their sums have room for. */
function mappedPlaces(
  { maps, runs }: GatherRequest,
  channels: Schema['channels'],
  leadsHours: readonly number[],
  points: number,
): Set<string> {
  if (maps === null) return new Set();
  const names = channels.map(channelName);
  const usual = headlines.filter((name) => names.includes(name));
  // Where there is room for few places, channels before leads.
  const places = Math.floor(mostMapBytes / (mapBytesPerPoint * points * runs.length));
  const own = (
    maps?.channels.filter((name) => names.includes(name)) ??
    (usual.length > 0 ? usual : names).slice(0, mostMapChannels)
  ).slice(0, places);
  const leads = maps?.leadsHours.filter((lead) => leadsHours.includes(lead)) ?? mapLeads(leadsHours);
  const room = Math.floor(places / Math.max(1, own.length));
  return new Set(own.flatMap((name) => spread(leads, room).map((lead) => mapKey(name, lead))));
}

/** Leads whose maps are made unasked: all of a few, else the usual days, else evenly spread ones. */
export function mapLeads(leadsHours: readonly number[]): number[] {
  const usual = usualMapLeads.filter((lead) => leadsHours.includes(lead));
  if (leadsHours.length > mostMapLeads && usual.length >= fewestUsualLeads) return usual;
  return spread(leadsHours, mostMapLeads);
}

/** So many of the values at most, from first to last; of one only the last. */
function spread(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values];
  if (most <= 1) return values.slice(values.length - most);
  return Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]!);
}

/** Room for the largest piece of any run, and for several small ones. */
function slotSize(
  plan: ScorePlan,
  layouts: readonly (readonly RowLayout[])[],
  fieldSizes: readonly number[],
  stretchRows: readonly number[],
  columns: number,
  maps: boolean,
): PieceSize {
  let input = 0;
  let output = 0;
  for (const [run, own] of layouts.entries()) {
    for (const [channel, layout] of own.entries()) {
      const n = stretchRows[run]! * columns;
      const wants = inputSize(plan, run, channel, n);
      const gives = outputPlace(plan, layout, fieldSizes[run]!, { from: 0, to: n, maps }).size;
      const many = Math.max(1, Math.min(64, Math.floor(stretchBytes / 4 / wants)));
      input = Math.max(input, many * wants);
      output = Math.max(output, many * gives);
    }
  }
  return { input, output };
}
