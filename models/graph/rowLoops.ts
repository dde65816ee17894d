/**
 * The parts of a graph that can go through their rows group by group, so that what one operator writes is still in the
 * processor's cache when the next one reads it, and what only they need is never held for all rows at once: a training
 * step from forecast to gradients, the gradients of weights being totals over groups of samples.
 *
 * A node stands on a stage: one above what it needs whole from a node that works row by row, level with the rest. Nodes
 * of one stage that hand rows to each other then make one loop: whatever leaves the loop and comes back
 * stands higher.
 */
import { elements, type Graph, type GraphNode, type Value } from './graph.js';
import { isElementwise, type RowRule, rowAxis, rowRule } from './rowRules.js';

export interface RowLoop {
  readonly groups: number;
  /** Topological order. */
  readonly nodes: readonly { readonly node: GraphNode; readonly rule: RowRule }[];
  /** Values from outside of which each group gets its rows. */
  readonly inputs: readonly Value[];
  /** Values that are read outside: made row by row, or totals. */
  readonly outputs: readonly Value[];
  readonly totals: readonly Value[];
}

/** A node, or a loop in place of many, in an order in which they can run. */
export type Planned = { readonly node: GraphNode } | { readonly loop: RowLoop };

export interface RowLoopOptions {
  /** Numbers of a group's value; by default so many that a dozen such values go into a cache of one or two megabytes. */
  readonly groupSize?: number;
  /** A loop is worth its turns where its largest value would not stay in the cache; numbers of such a value. */
  readonly largeValue?: number;
  /** Only operators that work number by number: for loops in loops, where groups are too small for products. */
  readonly elementwise?: boolean;
}

const defaults: Required<RowLoopOptions> = {
  groupSize: 40_000,
  largeValue: 128 * 1024,
  elementwise: false,
};
const mostGroups = 256;

/** The plan with the groups that serve most of the graph's numbers, of a size that suits the cache. */
export function planRowLoops(graph: Graph, options: RowLoopOptions = {}): Planned[] {
  const { groupSize, largeValue } = { ...defaults, ...options };
  const plain = graph.nodes.map((node) => ({ node }));
  const plans = groupCounts(graph, largeValue).map((groups) =>
    planFor(graph, groups, { ...defaults, ...options }),
  );
  const most = Math.max(0, ...plans.map(({ served }) => served));
  if (most === 0) return plain;
  const misfit = ({ served, typical }: GroupedPlan): number =>
    served < 0.9 * most ? Number.POSITIVE_INFINITY : Math.abs(Math.log(typical / groupSize));
  return plans.reduce((best, plan) => (misfit(plan) < misfit(best) ? plan : best)).planned;
}

/** Numbers of groups that the largest values fall into. */
function groupCounts(graph: Graph, largeValue: number): number[] {
  const counts = new Set<number>();
  for (const { output } of graph.nodes) {
    if (elements(output.shape) < largeValue) continue;
    const rows = output.shape[rowAxis(output.shape)] ?? 1;
    for (let n = 2; n <= Math.min(rows, mostGroups); n++) if (rows % n === 0) counts.add(n);
  }
  return [...counts].sort((a, b) => a - b);
}

interface GroupedPlan {
  readonly planned: Planned[];
  /** Numbers made inside loops. */
  readonly served: number;
  /** Numbers of one group in a typical value, the mean over numbers served. */
  readonly typical: number;
}

interface Staged {
  readonly node: GraphNode;
  readonly rule: RowRule | undefined;
  stage: number;
}

function planFor(graph: Graph, groups: number, options: Required<RowLoopOptions>): GroupedPlan {
  const staged = stages(graph, groups, options.elementwise);
  const loops = loopsOf(graph, staged, groups, options.largeValue);
  const inLoop = new Map(loops.flatMap((loop) => loop.nodes.map(({ node }) => [node, loop] as const)));
  const planned: Planned[] = [];
  const top = staged.reduce((most, { stage }) => Math.max(most, stage), 0);
  const byStage: Staged[][] = Array.from({ length: top + 1 }, () => []);
  for (const item of staged) byStage[item.stage]?.push(item);
  for (const items of byStage) {
    // what stands level and is no part of a loop is never fed by one
    for (const { node, rule } of items) if (rule === undefined) planned.push({ node });
    const written = new Set<RowLoop>();
    for (const { node, rule } of items) {
      const loop = inLoop.get(node);
      if (rule === undefined) continue;
      if (loop === undefined) planned.push({ node });
      else if (!written.has(loop)) planned.push({ loop });
      if (loop !== undefined) written.add(loop);
    }
  }
  let [served, squares] = [0, 0];
  for (const node of inLoop.keys()) {
    const size = elements(node.output.shape);
    served += size;
    squares += size * size;
  }
  return { planned, served, typical: served === 0 ? 0 : squares / served / groups };
}

/** Stages as low as they can be; what only feeds the last stage of many numbers is then lifted to it. */
function stages(graph: Graph, groups: number, elementwise: boolean): Staged[] {
  const producers = new Map<number, Staged>();
  const staged = graph.nodes.map((node): Staged => {
    const rule = elementwise && !isElementwise(node) ? undefined : rowRule(node, groups);
    const item = { node, rule, stage: 0 };
    node.inputs.forEach(({ id }, i) => {
      const producer = producers.get(id);
      if (producer !== undefined) item.stage = Math.max(item.stage, producer.stage + rise(producer, item, i));
    });
    producers.set(node.output.id, item);
    return item;
  });
  const numbers = new Map<number, number>();
  for (const { node, rule, stage } of staged) {
    if (rule !== undefined) numbers.set(stage, (numbers.get(stage) ?? 0) + elements(node.output.shape));
  }
  const most = Math.max(...numbers.values());
  const main = Math.max(0, ...[...numbers].flatMap(([stage, made]) => (made > most / 32 ? [stage] : [])));
  const highest = new Map<Staged, number>();
  const handing = new Set<Staged>();
  for (const item of [...staged].reverse()) {
    const top = Math.min(main, highest.get(item) ?? item.stage);
    // totals stay with what they are made of
    if (item.rule?.output !== 'total' && (item.rule === undefined || handing.has(item))) {
      item.stage = Math.max(item.stage, top);
    }
    item.node.inputs.forEach(({ id }, i) => {
      const producer = producers.get(id);
      if (producer === undefined) return;
      const allowed = item.stage - rise(producer, item, i);
      highest.set(producer, Math.min(highest.get(producer) ?? allowed, allowed));
      if (handsRows(producer, item, i)) handing.add(producer);
    });
  }
  return staged;
}

/** 0 where rows pass from a node to the next, or nothing is made row by row. */
function rise(producer: Staged, consumer: Staged, input: number): 0 | 1 {
  return producer.rule === undefined || handsRows(producer, consumer, input) ? 0 : 1;
}

function handsRows(producer: Staged, consumer: Staged, input: number): boolean {
  return producer.rule?.output === 'rows' && consumer.rule?.inputs[input] === 'rows';
}

/** Nodes of one stage joined by rows that they hand on. */
function loopsOf(graph: Graph, staged: readonly Staged[], groups: number, largeValue: number): RowLoop[] {
  const parent = new Map<Staged, Staged>();
  const root = (item: Staged): Staged => {
    let at = item;
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up;
    return at;
  };
  const producers = new Map(staged.map((item) => [item.node.output.id, item]));
  for (const item of staged) {
    item.node.inputs.forEach(({ id }, i) => {
      const producer = producers.get(id);
      if (producer === undefined || producer.stage !== item.stage || !handsRows(producer, item, i)) return;
      const [a, b] = [root(producer), root(item)];
      if (a !== b) parent.set(b, a);
    });
  }
  const members = new Map<Staged, Staged[]>();
  for (const item of staged) {
    if (item.rule === undefined) continue;
    const key = root(item);
    members.set(key, [...(members.get(key) ?? []), item]);
  }
  const readers = new Map<number, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const { id } of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node]);
  }
  const results = new Set(graph.outputs.map(({ value }) => value.id));
  return [...members.values()]
    .filter(
      (items) =>
        items.length > 2 && items.some(({ node: { output } }) => elements(output.shape) >= largeValue),
    )
    .flatMap((items) => {
      const loop = loopOf(items, readers, results, groups);
      return loop.inputs.length > 0 && loop.outputs.length + loop.totals.length > 0 ? [loop] : [];
    });
}

function loopOf(
  items: readonly Staged[],
  readers: ReadonlyMap<number, readonly GraphNode[]>,
  results: ReadonlySet<number>,
  groups: number,
): RowLoop {
  const inside = new Set(items.map(({ node }) => node));
  const made = new Set(items.map(({ node }) => node.output.id));
  const inputs = new Map<number, Value>();
  for (const { node, rule } of items) {
    node.inputs.forEach((value, i) => {
      if (rule?.inputs[i] === 'rows' && !made.has(value.id)) inputs.set(value.id, value);
    });
  }
  const read = items.filter(
    ({ node: { output } }) =>
      results.has(output.id) || (readers.get(output.id) ?? []).some((node) => !inside.has(node)),
  );
  const valuesOf = (kind: RowRule['output']): Value[] =>
    read.filter(({ rule }) => rule?.output === kind).map(({ node }) => node.output);
  return {
    groups,
    nodes: items.flatMap(({ node, rule }) => (rule === undefined ? [] : [{ node, rule }])),
    inputs: [...inputs.values()],
    outputs: valuesOf('rows'),
    totals: valuesOf('total'),
  };
}
