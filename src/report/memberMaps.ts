/** Maps of what the members say together and alone: mean beside truth, spread, single forecasts. */
import type { NestedDesign } from '../../core/statistics/varianceDecomposition.js';
import { type Atlas, caption, heightInterval, levelsOver, meanOf, scaleOver, spreadOf } from './atlas.js';
import { coarsening } from './coarseField.js';
import type { Scheme } from './colourScale.js';
import { leadLabel } from './displayUnit.js';
import { epistemicShare, shareMeaning, shareScale } from './epistemicShare.js';
import { dataLinks, tableData } from './figureData.js';
import { drawGlobe, type GlobeMap } from './globeMap.js';
import { type DrawnField, mapData } from './mapData.js';
import { mapRow } from './mapRow.js';
import { extremes } from './outlook.js';
import { placeOf } from './places.js';
import type { Quantity } from './quantities.js';

/** Mean and truth of a quantity, one row each in the same colours. */
export async function meanAndTruth(
  { fields, grid, frame, leads }: Atlas,
  quantity: Quantity,
  look: { readonly scheme: Scheme; readonly steps: number; readonly interval?: number },
): Promise<string> {
  const means: Float64Array[] = [];
  const truths: { lead: number; values: Float64Array }[] = [];
  const lows: ReturnType<typeof extremes>[] = [];
  for (const lead of leads) {
    const members = await fields.members(quantity, lead);
    means.push(meanOf(members));
    if (quantity.name === 'msl') lows.push(extremes(members, 'lowest'));
    const values = await fields.truth(quantity, lead);
    if (values) truths.push({ lead, values });
  }
  const everything = [...means, ...truths.map(({ values }) => values)];
  const scale = scaleOver(everything, look.scheme, look.steps);
  const bounds = look.interval === undefined ? null : levelsOver(everything, look.interval);
  const draw = (values: Float64Array, label: string, marks: NonNullable<GlobeMap['marks']>): string =>
    drawGlobe({
      grid,
      frame,
      fill: { values, scale },
      ...(bounds ? { lines: { values, bounds } } : {}),
      marks,
      label,
    });
  const markLows = lows.length > 0;
  const kept: DrawnField[] = [
    ...means.map((values, i) => ({ field: 'mean', lead_hours: leads[i] ?? 0, values })),
    ...truths.map(({ lead, values }) => ({ field: 'truth', lead_hours: lead, values })),
  ];
  const data = mapData(grid, kept, { quantity: quantity.title, unit: quantity.unit }, 1);
  const circles = markLows ? lowLinks(lows, leads, grid, quantity) : '';
  const forecast = mapRow({
    title: `${quantity.title}: forecast`,
    meaning: `mean of the members${markLows ? '; circles: the deepest low of each member' : ''}`,
    scale,
    unit: quantity.unit,
    maps: leads.map((lead, i) => ({
      caption: caption(fields, lead),
      svg: draw(
        means[i]!,
        `${quantity.title}, ${leadLabel(lead)}`,
        (lows[i] ?? []).map(({ point }) => ({ ...placeOf(grid, point), kind: 'member-mark' })),
      ),
    })),
    ...(truths.length === 0 ? { data } : {}),
  });
  if (truths.length === 0) return forecast + circles;
  const happened = mapRow({
    title: `${quantity.title}: what happened`,
    meaning: `the truth, in the same colours${markLows ? '; circle: its deepest low' : ''}`,
    scale,
    unit: quantity.unit,
    maps: truths.map(({ lead, values }) => {
      const [deepest] = extremes({ values, members: 1, points: values.length }, 'lowest');
      const marks = markLows && deepest ? [{ ...placeOf(grid, deepest.point), kind: 'truth-mark' }] : [];
      return {
        caption: caption(fields, lead),
        svg: draw(values, `${quantity.title}, what happened on ${leadLabel(lead)}`, marks),
      };
    }),
    data,
  });
  return forecast + happened + circles;
}

/** The deepest low of each member as a table. */
function lowLinks(
  lows: readonly ReturnType<typeof extremes>[],
  leads: readonly number[],
  grid: Atlas['grid'],
  quantity: Quantity,
): string {
  const rows = lows.flatMap((members, i) =>
    members.map(({ value, point }, member) => ({
      lead_hours: leads[i] ?? 0,
      member: member + 1,
      ...placeOf(grid, point),
      value,
    })),
  );
  const title = 'The deepest low of each member';
  const data = tableData(
    [
      { name: 'lead_hours', type: 'int32', values: rows.map((row) => row.lead_hours) },
      { name: 'member', type: 'int32', values: rows.map((row) => row.member) },
      { name: 'latitude', type: 'float64', values: rows.map((row) => row.latitude) },
      { name: 'longitude', type: 'float64', values: rows.map((row) => row.longitude) },
      { name: 'lowest', type: 'float64', values: rows.map((row) => row.value) },
    ],
    { quantity: quantity.title, unit: quantity.unit },
  );
  return dataLinks(data, title, title, 'data of the circles');
}

/** Spread of a quantity, one map a lead. */
export async function spreadRow({ fields, grid, frame, leads }: Atlas, quantity: Quantity): Promise<string> {
  const shown: Float64Array[] = [];
  for (const lead of leads) shown.push(spreadOf(await fields.members(quantity, lead)));
  if (shown.some((each) => each.some(Number.isNaN))) return '';
  const scale = scaleOver(shown, 'ylgnbu', 9, 0);
  return mapRow({
    title: `${quantity.title}: spread`,
    meaning: 'standard deviation of the members: small where they agree',
    scale,
    unit: quantity.unit,
    maps: leads.map((lead, i) => ({
      caption: caption(fields, lead),
      svg: drawGlobe({
        grid,
        frame,
        fill: { values: shown[i]!, scale },
        label: `${quantity.title}, spread on ${leadLabel(lead)}`,
      }),
    })),
    data: mapData(
      grid,
      leads.map((lead, i) => ({ field: 'spread', lead_hours: lead, values: shown[i] ?? [] })),
      { quantity: quantity.title, unit: quantity.unit },
    ),
  });
}

/** Share of the weights in the variance of a quantity, one map a lead; empty where the design cannot tell. */
export async function shareRow(
  { fields, grid, frame, leads }: Atlas,
  quantity: Quantity,
  design: NestedDesign,
): Promise<string> {
  const { weightSamples, noiseStreams } = design;
  if (weightSamples < 2 || noiseStreams < 2) return '';
  const shown: Float64Array[] = [];
  for (const lead of leads) {
    const { values, members } = await fields.members(quantity, lead);
    if (members !== weightSamples * noiseStreams) return '';
    shown.push(epistemicShare(values, design, grid));
  }
  if (!shown.every((each) => each.every(Number.isFinite))) return '';
  const scale = shareScale();
  // Means over neighbours lose nothing on fewer points.
  const coarse = coarsening(grid, 36);
  return mapRow({
    title: `${quantity.title}: epistemic share`,
    meaning: shareMeaning,
    scale,
    unit: '%',
    maps: leads.map((lead, i) => ({
      caption: caption(fields, lead),
      svg: drawGlobe({
        grid,
        frame,
        fill: { values: shown[i] ?? new Float64Array(0), scale },
        label: `${quantity.title}, epistemic share on ${leadLabel(lead)}`,
      }),
    })),
    data: mapData(
      coarse.grid,
      leads.map((lead, i) => ({
        field: 'epistemic share',
        lead_hours: lead,
        values: coarse.field(shown[i] ?? []),
      })),
      { quantity: quantity.title, unit: '%' },
      0,
    ),
  });
}

/** A few members and the truth on one day, as they are. */
export async function stamps(
  { fields, grid, frame }: Atlas,
  quantity: Quantity,
  lead: number,
): Promise<string> {
  const { values, members, points } = await fields.members(quantity, lead);
  const chosen = [...new Set([0, Math.floor(members / 3), Math.floor((2 * members) / 3)])];
  const truth = await fields.truth(quantity, lead);
  const shown = chosen.map((member) => ({
    caption: `member ${member + 1}`,
    values: values.subarray(member * points, (member + 1) * points),
  }));
  if (truth) shown.push({ caption: 'what happened', values: truth });
  const all = shown.map((each) => each.values);
  const scale = scaleOver(all, 'viridis', 16);
  const bounds = levelsOver(all, heightInterval);
  return mapRow({
    title: `${quantity.title}: single forecasts for ${leadLabel(lead)}`,
    meaning: 'each member is a possible atmosphere, as sharp as the truth; their mean is not',
    scale,
    unit: quantity.unit,
    maps: shown.map((each) => ({
      caption: each.caption,
      svg: drawGlobe({
        grid,
        frame,
        fill: { values: each.values, scale },
        lines: { values: each.values, bounds },
        label: `${quantity.title}, ${each.caption}`,
      }),
    })),
    data: mapData(
      grid,
      shown.map((each) => ({ field: each.caption, lead_hours: lead, values: each.values })),
      { quantity: quantity.title, unit: quantity.unit },
      1,
    ),
  });
}
