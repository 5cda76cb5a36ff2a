import type { Weights } from "../checkpoint/weights.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Application, Linear } from "../linear/linear.ts";
import { buildLinear, type LinearPart } from "../linear/linear-builder.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

// Multi-head attention of Whisper (whisper/model.py, MultiHeadAttention): query, value and output
// projections with bias, key projection without. Scores are scaled by headSize^-1/2, which the
// reference splits over queries and keys. Projections of one input are one matrix.

/** Rows of a stream that look at one cache, next to each other. */
export interface RowsOfCache {
  readonly cache: KeyValueCache;
  readonly rows: number;
}

const ADD: Application = { accumulate: true };

/** stream += attention of norm(stream) over itself and what its caches hold. */
export class SelfAttention {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #afterNorm: Application;
  readonly #project: Linear;
  readonly #output: Linear;

  /** `name`: the attention's, as in "encoder.layers.0.self_attn"; its norm has it as prefix. */
  constructor(kernels: Kernels, weights: Weights, name: string, width: number) {
    const shape = { inputWidth: width, outputWidth: width };
    this.#kernels = kernels;
    this.#width = width;
    this.#afterNorm = { before: weights.layerNorm(`${name}_layer_norm`, width) };
    const parts = [query(name), key(name), value(name)];
    this.#project = buildLinear(kernels, weights, parts, shape);
    this.#output = buildLinear(kernels, weights, [output(name)], shape);
  }

  /**
   * stream: F32 [rows, width], in place; their keys and values are appended to the caches that
   * `runs` name, one after the other.
   */
  apply(stream: number, rows: number, runs: readonly RowsOfCache[], causal: boolean): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const mark = heap.mark();
    const projected = heap.allocateF32(rows * 3 * width);
    const mixed = heap.allocateF32(rows * width);
    this.#project.apply(stream, rows, projected, this.#afterNorm);
    let row = 0;
    for (const { cache, rows: count } of runs) {
      const queries = projected + row * 3 * width * 4;
      cache.append(queries + width * 4, queries + 2 * width * 4, count, 3 * width);
      cache.attend(queries, count, 3 * width, mixed + row * width * 4, causal);
      row += count;
    }
    this.#output.apply(mixed, rows, stream, ADD);
    heap.release(mark);
  }
}

/** stream += attention of norm(stream) over the encoder's output. */
export class CrossAttention {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #afterNorm: Application;
  readonly #query: Linear;
  readonly #keysValues: Linear;
  readonly #output: Linear;

  constructor(kernels: Kernels, weights: Weights, name: string, width: number) {
    const shape = { inputWidth: width, outputWidth: width };
    this.#kernels = kernels;
    this.#width = width;
    this.#afterNorm = { before: weights.layerNorm(`${name}_layer_norm`, width) };
    this.#query = buildLinear(kernels, weights, [query(name)], shape);
    this.#keysValues = buildLinear(kernels, weights, [key(name), value(name)], shape);
    this.#output = buildLinear(kernels, weights, [output(name)], shape);
  }

  /** Fills the cache with the keys and values of the encoder's output, F32 [rows, width]. */
  remember(audio: number, rows: number, cache: KeyValueCache): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const mark = heap.mark();
    const projected = heap.allocateF32(rows * 2 * width);
    this.#keysValues.apply(audio, rows, projected);
    cache.append(projected, projected + width * 4, rows, 2 * width);
    heap.release(mark);
  }

  /**
   * stream: F32 [rows, width], in place; its rows look at the caches that `runs` name. `onQueries`
   * sees the queries, F32 [rows, width], before they meet the keys.
   */
  apply(
    stream: number,
    rows: number,
    runs: readonly RowsOfCache[],
    onQueries?: (queries: number) => void,
  ): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const mark = heap.mark();
    const queries = heap.allocateF32(rows * width);
    const mixed = heap.allocateF32(rows * width);
    this.#query.apply(stream, rows, queries, this.#afterNorm);
    onQueries?.(queries);
    let at = 0;
    for (const { cache, rows: count } of runs) {
      cache.attend(queries + at, count, width, mixed + at, false);
      at += count * width * 4;
    }
    this.#output.apply(mixed, rows, stream, ADD);
    heap.release(mark);
  }
}

const query = (name: string): LinearPart => ({ name: `${name}.q_proj`, hasBias: true });
const key = (name: string): LinearPart => ({ name: `${name}.k_proj`, hasBias: false });
const value = (name: string): LinearPart => ({ name: `${name}.v_proj`, hasBias: true });
const output = (name: string): LinearPart => ({ name: `${name}.out_proj`, hasBias: true });
