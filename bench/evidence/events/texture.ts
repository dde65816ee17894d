/**
 * How members look beside the truth, whatever they say of it: by how much a channel changes in a day, and from one grid point
 * to the next to the east. Ratios of root mean squares, 1 where members and truth are alike; over the latitudes of weather.
 * Reliability at one point and lead can be right where these are wrong; events that join times or places cannot.
 */
import { type Channel, channelName } from '../../../core/schema.js';
import { archiveTrajectories } from '../../../evaluation/events/archiveTrajectories.js';
import { runTrajectories } from '../../../evaluation/events/runTrajectories.js';
import type { Trajectories } from '../../../evaluation/events/trajectories.js';
import type { AskedSeries } from './askEvents.js';

export interface Texture {
  readonly leadHours: number;
  /** Of the change since the lead before; NaN at the first. */
  readonly change: number;
  readonly gradient: number;
}

const latitudes = { from: 25, to: 75 };

export async function textureOf({ run, truth, starts }: AskedSeries, channel: Channel): Promise<Texture[]> {
  const own = new Sums(run.leadsHours.length);
  const actual = new Sums(run.leadsHours.length);
  const index = (schema: Trajectories['schema']): number =>
    schema.channels.map(channelName).indexOf(channelName(channel));
  for (const start of starts) {
    await own.add(await runTrajectories(run, start), index(run.schema));
    await actual.add(archiveTrajectories(truth, [start], run.leadsHours), index(truth.schema));
  }
  return run.leadsHours.map((leadHours, lead) => ({
    leadHours,
    change: Math.sqrt(own.change(lead) / actual.change(lead)),
    gradient: Math.sqrt(own.gradient(lead) / actual.gradient(lead)),
  }));
}

/** Mean squares by lead. */
class Sums {
  readonly #changes: Float64Array;
  readonly #gradients: Float64Array;
  readonly #counts: Float64Array;

  constructor(leads: number) {
    [this.#changes, this.#gradients, this.#counts] = [0, 0, 0].map(() => new Float64Array(leads)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
  }

  change(lead: number): number {
    return lead === 0 ? Number.NaN : this.#changes[lead]! / this.#counts[lead]!;
  }

  gradient(lead: number): number {
    return this.#gradients[lead]! / this.#counts[lead]!;
  }

  async add(trajectories: Trajectories, channel: number): Promise<void> {
    const { grid } = trajectories.schema;
    const columns = grid.longitudes.length;
    const rows = [...grid.latitudes.keys()].filter((row) => {
      const north = Math.abs(grid.latitudes[row]!);
      return north >= latitudes.from && north <= latitudes.to;
    });
    const points = Int32Array.from(
      rows.flatMap((row) => Array.from({ length: columns }, (_, column) => row * columns + column)),
    );
    const leads = trajectories.leadsHours.map((_, lead) => lead);
    const values = await trajectories.read([channel], leads, points);
    const each = points.length;
    for (const lead of leads) {
      for (let row = 0; row < trajectories.rows; row++) {
        const here = (lead * trajectories.rows + row) * each;
        const before = here - trajectories.rows * each;
        for (let i = 0; i < each; i++) {
          if (i % columns === columns - 1) continue;
          const weight = Math.cos((grid.latitudes[rows[Math.floor(i / columns)]!]! * Math.PI) / 180);
          this.#gradients[lead]! += weight * (values[here + i + 1]! - values[here + i]!) ** 2;
          if (lead > 0) this.#changes[lead]! += weight * (values[here + i]! - values[before + i]!) ** 2;
          this.#counts[lead]! += weight;
        }
      }
    }
  }
}
