import type { Kernels } from "../kernels/kernels.ts";
import type { KeyValueCache } from "./key-value-cache.ts";
import type { Linear } from "./linear.ts";
import type { Weights } from "./weights.ts";

/**
 * Multi-head attention of Whisper (whisper/model.py, MultiHeadAttention): query, value and output
 * projections with bias, key projection without. Scores are scaled by headSize^-1/2, which the
 * reference splits over queries and keys.
 */
export class Attention {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #output: Linear;

  constructor(kernels: Kernels, weights: Weights, name: string, width: number) {
    this.#kernels = kernels;
    this.#width = width;
    this.#query = weights.linear(`${name}.q_proj`, width, width);
    this.#key = weights.linear(`${name}.k_proj`, width, width, false);
    this.#value = weights.linear(`${name}.v_proj`, width, width);
    this.#output = weights.linear(`${name}.out_proj`, width, width);
  }

  /** Projects input F32 [rows, width] to keys and values and appends them to the cache. */
  remember(input: number, rows: number, cache: KeyValueCache): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const keys = heap.allocateF32(rows * this.#width);
    const values = heap.allocateF32(rows * this.#width);
    this.#key.apply(input, rows, keys);
    this.#value.apply(input, rows, values);
    cache.append(keys, values, rows);
    heap.release(mark);
  }

  /** stream += output projection of the attention of input F32 [rows, width] over the cache. */
  attend(input: number, rows: number, cache: KeyValueCache, stream: number, causal: boolean): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const queries = heap.allocateF32(rows * this.#width);
    const mixed = heap.allocateF32(rows * this.#width);
    this.#query.apply(input, rows, queries);
    cache.attend(queries, rows, mixed, causal);
    this.#output.apply(mixed, rows, stream, true);
    heap.release(mark);
  }
}
