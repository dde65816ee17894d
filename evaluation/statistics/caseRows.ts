/**
 * Rows as they come: for each model, channel, lead and region a group with a row for each start. Area means are followed
 * by scores of the field as a whole, where there are any.
 */
import { CaseTable } from './caseTable.js';
import type { GatherPlan } from './gatherPlan.js';
import type { RowLayout } from './rowLayout.js';
import { makeTable, type StatisticGroup, type StatisticTable, selectStarts } from './statisticTable.js';

/** Positions among the starts, leads and channels of the plan. */
export interface CasePlace {
  readonly start: number;
  readonly lead: number;
  readonly channel: number;
}

/** Whose row it is. */
export interface RowModel {
  readonly name: string;
  readonly layout: RowLayout;
  /** [region]: names of scores of fields. */
  readonly fieldNames: readonly (readonly string[])[];
}

export class CaseRows {
  private readonly plan: GatherPlan;
  private readonly groups = new Map<string, StatisticGroup>();
  /** [region] */
  private readonly names = new Map<RowLayout, string[][]>();

  constructor(plan: GatherPlan) {
    this.plan = plan;
  }

  /** @param fields scores of the field over the region; null: there are none */
  keep(
    model: RowModel,
    at: CasePlace,
    region: number,
    means: Float64Array,
    fields: Float64Array | null,
  ): void {
    const { plan } = this;
    const key = `${at.channel}/${at.lead}/${region}/${model.name}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      const { variable, level } = plan.channels[at.channel]!;
      group = {
        model: model.name,
        variable,
        level,
        lead_hours: plan.leadsHours[at.lead]!,
        region: plan.regions[region]!,
        memberCount: model.layout.memberCount,
        cases: new CaseTable(this.namesOf(model, fields === null ? null : region), plan.starts.length),
      };
      this.groups.set(key, group);
    }
    group.cases.set(at.start, fields === null ? means : joined(means, fields));
  }

  /** @param has starts that have been scored */
  table(has: (start: number) => boolean): StatisticTable {
    return selectStarts(makeTable(this.plan.starts, [...this.groups.values()]), has);
  }

  /** Names of the columns, one list for all groups that have the same. @param region whose fields are scored, or null */
  private namesOf({ layout, fieldNames }: RowModel, region: number | null): readonly string[] {
    if (region === null) return layout.names;
    const own = this.names.get(layout) ?? [];
    this.names.set(layout, own);
    own[region] ??= [...layout.names, ...fieldNames[region]!];
    return own[region]!;
  }
}

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
