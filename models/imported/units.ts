/**
 * Channels of a state [channel, lat, lon] to and from the tensors of a model, in its units:
 *   z = (x − mean) / deviation inside, x = mean + deviation · z outside; an increment has no mean.
 */
export interface Normalisation {
  /** [channel] */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export class Units {
  readonly #normalisation: Normalisation | null;
  readonly #points: number;

  /** @param normalisation null: physical units inside too, numbers pass unchanged */
  constructor(normalisation: Normalisation | null, points: number) {
    this.#normalisation = normalisation;
    this.#points = points;
  }

  /** Copies channels of a state into a tensor, in the model's units. */
  gather(state: Float32Array, channels: readonly number[], out: Float32Array): void {
    const points = this.#points;
    channels.forEach((channel, c) => {
      const { mean, deviation } = this.#of(channel);
      const from = channel * points;
      const to = c * points;
      if (this.#normalisation === null) {
        out.set(state.subarray(from, from + points), to);
        return;
      }
      for (let i = 0; i < points; i++) out[to + i] = (state[from + i]! - mean) / deviation;
    });
  }

  /** Copies a tensor into channels of a state, in physical units; `base`: the tensor is what is added to it. */
  scatter(
    values: Float32Array,
    channels: readonly number[],
    base: Float32Array | null,
    state: Float32Array,
  ): void {
    const points = this.#points;
    channels.forEach((channel, c) => {
      const { mean, deviation } = this.#of(channel);
      const to = channel * points;
      const from = c * points;
      if (this.#normalisation === null && base === null) {
        state.set(values.subarray(from, from + points), to);
        return;
      }
      for (let i = 0; i < points; i++) {
        const start = base === null ? mean : base[to + i]!;
        state[to + i] = start + deviation * values[from + i]!;
      }
    });
  }

  #of(channel: number): { readonly mean: number; readonly deviation: number } {
    const { mean, deviation } = this.#normalisation ?? { mean: [], deviation: [] };
    return { mean: mean[channel] ?? 0, deviation: deviation[channel] ?? 1 };
  }
}
