/**
 * What a training step hands to the next: parameters, moments and averages as the backend holds them, without a copy;
 * numbers in our memory only when they are kept for a checkpoint. Of each tensor two are alive, the one read and the one
 * written; the other is let go after every step.
 */
import { internalError } from '../../../core/errors.js';
import type { Tensor, Tensors } from '../../../core/store/tensorFile.js';
import type { GraphExecutor, HeldTensor } from '../../graph/executor.js';
import type { Graph, Shape } from '../../graph/graph.js';

const next = 'next.';

export class CarriedTensors {
  /** As last kept, by name. */
  readonly #tensors: Map<string, Tensor>;
  /** Arrays of our own among them, written again when kept again; the others may be shared. */
  readonly #own = new Map<string, Float32Array>();
  #held = new Map<string, HeldTensor>();
  #executor: GraphExecutor | null = null;
  #names: readonly string[] = [];
  #shapes = new Map<string, Shape>();

  constructor(tensors: Tensors) {
    this.#tensors = new Map(tensors);
  }

  /** Begins to run a graph: its inputs of our names are fed from here. */
  begin(executor: GraphExecutor, graph: Graph): void {
    this.#executor = executor;
    this.#shapes = new Map(graph.inputs.map(({ name, value }) => [name, value.shape]));
    this.#names = [...this.#shapes.keys()].filter((name) => this.#tensors.has(name));
  }

  /** Inputs of the next run by name. */
  inputs(): Record<string, Float32Array | HeldTensor> {
    return Object.fromEntries(this.#names.map((name) => [name, this.input(name)]));
  }

  /** A tensor as it is now: held by the backend, or numbers. */
  input(name: string): Float32Array | HeldTensor {
    return this.#held.get(name) ?? this.#tensors.get(name)?.values ?? new Float32Array(0);
  }

  /**
   * Takes what a run gave: "next." tensors are held, those before them let go.
   * @returns the numbers of the other outputs by name
   */
  async accept(outputs: Readonly<Record<string, HeldTensor>>): Promise<Record<string, Float32Array>> {
    const executor = this.#running();
    const told: Record<string, Float32Array> = {};
    const over: HeldTensor[] = [];
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith(next)) {
        const own = name.slice(next.length);
        const before = this.#held.get(own);
        if (before !== undefined) over.push(before);
        this.#held.set(own, tensor);
      } else {
        told[name] = Float32Array.from(await executor.read(tensor));
        over.push(tensor);
      }
    }
    executor.dispose(over);
    return told;
  }

  /** Copies a tensor as it is now under another name, into our memory. */
  async copy(from: string, to: string): Promise<void> {
    const shape = this.#shapes.get(from) ?? this.#tensors.get(from)?.shape ?? [];
    this.#write(to, shape, await this.numbers(from));
  }

  /** The numbers of a tensor as it is now; valid until the next run. */
  async numbers(name: string): Promise<Float32Array> {
    const held = this.#held.get(name);
    return held === undefined
      ? (this.#tensors.get(name)?.values ?? new Float32Array(0))
      : this.#running().read(held);
  }

  /** Brings all that is held into our memory. */
  async keep(): Promise<void> {
    for (const name of this.#held.keys()) await this.copy(name, name);
  }

  /** Keeps all and lets go of the backend. */
  async end(): Promise<void> {
    if (this.#executor === null) return;
    await this.keep();
    this.#executor.dispose(this.#held.values());
    this.#held = new Map();
    this.#executor = null;
  }

  /** All tensors as last kept; the arrays are written again when they are kept again. */
  tensors(): Tensors {
    return this.#tensors;
  }

  #write(name: string, shape: Shape, values: Float32Array): void {
    let own = this.#own.get(name);
    if (own === undefined) {
      own = new Float32Array(values.length);
      this.#own.set(name, own);
    }
    own.set(values);
    this.#tensors.set(name, { shape, values: own });
  }

  #running(): GraphExecutor {
    if (this.#executor === null)
      throw internalError('tensors are carried from step to step of a graph, and none is running');
    return this.#executor;
  }
}
