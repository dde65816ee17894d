/**
 * The fields of one time as a tracker looks at them: what follows from winds and geopotentials is worked out when it is
 * first asked for, and what is not there is noted, in words, once.
 */

import { eastAndNorth, type Vector } from '../../../core/sphere/greatCircle.js';
import { plus, times } from '../fields/directions.js';
import type { SphereGrid } from '../fields/sphereGrid.js';
import { describeLayer, type Layer, type LayerField, layerThickness } from '../fields/thickness.js';
import { relativeVorticity } from '../fields/vorticity.js';
import { largestWithin, meanWithin, visitWithin } from '../fields/withinDistance.js';
import type { FieldNeed, FieldsAt } from '../tracker.js';

export const windNeeds: readonly FieldNeed[] = [
  { anyOf: ['u10'], required: false },
  { anyOf: ['v10'], required: false },
];

export const vorticityNeeds: readonly FieldNeed[] = [
  { anyOf: ['vo850', 'u850'], required: false },
  { anyOf: ['vo850', 'v850'], required: false },
];

export class Weather {
  readonly sphere: SphereGrid;
  readonly #fields: FieldsAt;
  readonly #notes: Set<string>;
  #wind: Float32Array | null | undefined;
  #vorticity: Float32Array | null | undefined;
  readonly #layers = new Map<Layer, LayerField | null>();

  constructor(sphere: SphereGrid, fields: FieldsAt, notes: Set<string>) {
    this.sphere = sphere;
    this.#fields = fields;
    this.#notes = notes;
  }

  note(text: string): void {
    this.#notes.add(text);
  }

  field(channel: string): Float32Array | null {
    return this.#fields(channel);
  }

  /** Speed at 10 m, m s⁻¹. */
  get wind(): Float32Array | null {
    if (this.#wind === undefined) {
      const [u, v] = [this.#fields('u10'), this.#fields('v10')];
      this.#wind = u === null || v === null ? null : u.map((value, point) => Math.hypot(value, v[point]!));
      if (this.#wind === null) this.note('no u10 and v10: winds are not known, tests of wind are left out');
    }
    return this.#wind;
  }

  /** Relative vorticity at 850 hPa, s⁻¹. */
  get vorticity(): Float32Array | null {
    if (this.#vorticity === undefined) {
      const [u, v] = [this.#fields('u850'), this.#fields('v850')];
      this.#vorticity =
        this.#fields('vo850') ?? (u === null || v === null ? null : relativeVorticity(this.sphere, u, v));
      if (this.#vorticity === null) {
        this.note('no vo850, nor u850 and v850: vorticity is not known, its test is left out');
      }
    }
    return this.#vorticity;
  }

  /** m² s⁻² */
  thickness(layer: Layer): Float32Array | null {
    let found = this.#layers.get(layer);
    if (found === undefined) {
      found = layerThickness(layer, this.#fields);
      this.#layers.set(layer, found);
      if (found === null) {
        this.note(
          `no ${describeLayer(layer)} nor what could stand for it: tests of the warm core are left out`,
        );
      } else if (found.standIn !== null) this.note(`${found.standIn} stands for ${describeLayer(layer)}`);
    }
    return found?.thickness ?? null;
  }

  /** Largest 10-m wind within a distance, m s⁻¹; NaN where it is not known. */
  windNear(latitude: number, longitude: number, km: number): number {
    return this.wind === null
      ? Number.NaN
      : (largestWithin(this.sphere, this.wind, latitude, longitude, km)?.value ?? Number.NaN);
  }

  /** Largest vorticity of the hemisphere's sign within a distance, positive if cyclonic, s⁻¹; NaN where not known. */
  cyclonicVorticityNear(latitude: number, longitude: number, km: number): number {
    if (this.vorticity === null) return Number.NaN;
    // The equator itself counts as north, to within what rounding makes of it.
    const sign = latitude < -1e-6 ? -1 : 1;
    const found = largestWithin(this.sphere, this.vorticity, latitude, longitude, km, sign);
    return found === null ? Number.NaN : sign * found.value;
  }

  /**
   * How much thicker a layer is above a place than around it: the mean within one grid length, or 100 km, less that of
   * the ring from half the distance to the distance; m² s⁻², NaN where not known.
   */
  warmCore(layer: Layer, latitude: number, longitude: number, km: number): number {
    const thickness = this.thickness(layer);
    if (thickness === null) return Number.NaN;
    const { sphere } = this;
    const core = Math.max(100, sphere.spacingKm);
    const inner = Math.max(km / 2, core);
    const outer = Math.max(km, inner + 2 * sphere.spacingKm);
    return (
      meanWithin(sphere, thickness, latitude, longitude, core) -
      meanWithin(sphere, thickness, latitude, longitude, outer, inner)
    );
  }

  /**
   * Mean wind of levels within a distance, in the Earth's axes, m s⁻¹: a storm's own circulation cancels out of it.
   * @returns null where no level has both components there
   */
  steering(levels: readonly number[], latitude: number, longitude: number, km: number): Vector | null {
    const { sphere } = this;
    const { latitudes, longitudes } = sphere.grid;
    const there: number[] = [];
    visitWithin(sphere, latitude, longitude, km, (point) => there.push(point));
    let sum: Vector = [0, 0, 0];
    let weights = 0;
    for (const level of levels) {
      const [u, v] = [this.#fields(`u${level}`), this.#fields(`v${level}`)];
      if (u === null || v === null) continue;
      for (const point of there) {
        const row = Math.floor(point / sphere.columns);
        const area = Math.max(sphere.cosines[row]!, 1e-6);
        const { east, north } = eastAndNorth(latitudes[row]!, longitudes[point % sphere.columns]!);
        const wind = plus(times(east, u[point]!), north, v[point]!);
        if (Number.isNaN(wind[0] + wind[1] + wind[2])) continue;
        sum = plus(sum, wind, area);
        weights += area;
      }
    }
    return weights === 0 ? null : times(sum, 1 / weights);
  }
}
