import type { Kernels } from "../kernels/kernels.ts";
import type { WeightsKind } from "../options/options.ts";

/**
 * Keys and values of one attention layer, packed per head for the attention kernel. Serves
 * self-attention (appended to), and cross-attention (filled once).
 */
export interface KeyValueCache {
  /** Positions held. */
  readonly length: number;
  /** Forgets everything held. */
  clear(): void;
  /** keys, values: F32 [rows, width], `stride` float32 from one row to the next. */
  append(keys: number, values: number, rows: number, stride: number): void;
  /**
   * Takes over positions [from, to) of another cache of its kind and shape, and ends there. What both
   * hold before `from` must be equal.
   */
  copyFrom(other: KeyValueCache, from: number, to: number): void;
  /**
   * Attention of queries F32 [rows, width], `stride` float32 from one row to the next, over
   * everything held, into output F32 [rows, width], contiguous. `causal`: the queries belong to the
   * last `rows` positions and look no further than themselves.
   */
  attend(queries: number, rows: number, stride: number, output: number, causal: boolean): void;
  /**
   * Queries F32 [rows, width], `stride` float32 from one row to the next, times the keys of one head
   * at the first `count` positions, into output F32 [rows, count], contiguous. An int8 cache leaves a
   * constant out of each row, which no softmax sees.
   */
  score(
    queries: number,
    rows: number,
    stride: number,
    head: number,
    count: number,
    output: number,
  ): void;
}

/**
 * An empty cache with room for `positions`; takes its memory from the top of the heap.
 *
 * @param weights how the model's matrices are kept: beside rounded ones, keys and values are int8
 * @param width heads times head size
 */
export function createKeyValueCache(
  kernels: Kernels,
  weights: WeightsKind,
  width: number,
  heads: number,
  positions: number,
): KeyValueCache {
  const Cache = weights === "f32" ? F32Cache : Int8Cache;
  return new Cache(kernels, heads, width / heads, positions);
}

/** Keys and values as they are, in panels (assembly/attention/attention.ts). */
class F32Cache implements KeyValueCache {
  length = 0;
  readonly #kernels: Kernels;
  readonly #headSize: number;
  readonly #capacity: number;
  readonly #keys: number;
  /** The struct that kernels read. */
  readonly #cache: number;

  constructor(kernels: Kernels, heads: number, headSize: number, positions: number) {
    const capacity = Math.ceil(positions / 8) * 8;
    const keyFloats = heads * capacity * headSize;
    const valueFloats = heads * capacity * Math.ceil(headSize / 8) * 8;
    this.#kernels = kernels;
    this.#headSize = headSize;
    this.#capacity = capacity;
    this.#keys = kernels.heap.allocateF32(keyFloats);
    const values = kernels.heap.allocateF32(valueFloats);
    this.#cache = kernels.heap.copyI32([this.#keys, values, capacity, heads, headSize]);
  }

  clear(): void {
    this.length = 0;
  }

  append(keys: number, values: number, rows: number, stride: number): void {
    this.#kernels.appendKeysValuesF32(keys, values, rows, stride, this.#cache, this.length);
    this.length += rows;
  }

  copyFrom(other: F32Cache, from: number, to: number): void {
    this.#kernels.copyKeysValuesF32(other.#cache, this.#cache, from, to);
    this.length = to;
  }

  attend(queries: number, rows: number, stride: number, output: number, causal: boolean): void {
    const { heap, threads } = this.#kernels;
    const mark = heap.mark();
    const scratch = heap.allocate(threads * this.#kernels.attentionScratchF32(rows, this.length));
    this.#kernels.attentionF32(
      queries,
      rows,
      stride,
      this.#cache,
      this.length,
      causal,
      output,
      scratch,
    );
    heap.release(mark);
  }

  score(
    queries: number,
    rows: number,
    stride: number,
    head: number,
    count: number,
    output: number,
  ): void {
    const headSize = this.#headSize;
    this.#kernels.matmulRowsF32(
      queries + head * headSize * 4,
      stride,
      this.#keys + head * this.#capacity * headSize * 4,
      headSize * 8,
      0,
      output,
      count,
      rows,
      headSize,
      count,
      false,
    );
  }
}

/** Keys and values rotated and rounded to a byte each (assembly/attention/key-values-int8.ts). */
class Int8Cache implements KeyValueCache {
  length = 0;
  readonly #kernels: Kernels;
  readonly #headSize: number;
  readonly #cache: number;
  readonly #appendScratchBytes: number;

  constructor(kernels: Kernels, heads: number, headSize: number, positions: number) {
    const capacity = Math.ceil(positions / 16) * 16;
    this.#kernels = kernels;
    this.#headSize = headSize;
    const byteLength = kernels.keyValuesBytesInt8(capacity, heads, headSize);
    this.#cache = kernels.heap.allocate(byteLength);
    kernels.openKeyValuesInt8(this.#cache, capacity, heads, headSize);
    this.#appendScratchBytes = kernels.threads * kernels.appendScratchInt8(headSize);
  }

  clear(): void {
    this.length = 0;
  }

  append(keys: number, values: number, rows: number, stride: number): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const scratch = heap.allocate(this.#appendScratchBytes);
    this.#kernels.appendKeysValuesInt8(
      keys,
      values,
      rows,
      stride,
      this.#cache,
      this.length,
      scratch,
    );
    heap.release(mark);
    this.length += rows;
  }

  copyFrom(other: Int8Cache, from: number, to: number): void {
    this.#kernels.copyKeysValuesInt8(other.#cache, this.#cache, from, to);
    this.length = to;
  }

  attend(queries: number, rows: number, stride: number, output: number, causal: boolean): void {
    const { heap, threads } = this.#kernels;
    const mark = heap.mark();
    const scratchBytes = this.#kernels.attentionScratchInt8(rows, this.#cache, this.length);
    const scratch = heap.allocate(threads * scratchBytes);
    this.#kernels.attentionInt8(
      queries,
      rows,
      stride,
      this.#cache,
      this.length,
      causal,
      output,
      scratch,
    );
    heap.release(mark);
  }

  score(
    queries: number,
    rows: number,
    stride: number,
    head: number,
    count: number,
    output: number,
  ): void {
    const { heap, unpackKeysInt8, hadamardRowsF32, matmulRowsF32 } = this.#kernels;
    const headSize = this.#headSize;
    const mark = heap.mark();
    const keys = heap.allocateF32(Math.ceil(count / 8) * 8 * headSize);
    const rotated = heap.allocateF32(rows * headSize);
    unpackKeysInt8(this.#cache, head, count, keys);
    for (let row = 0; row < rows; row++) {
      const query = heap.f32(queries + (row * stride + head * headSize) * 4, headSize);
      heap.f32(rotated + row * headSize * 4, headSize).set(query);
    }
    hadamardRowsF32(rotated, rows, headSize);
    const panel = headSize * 8;
    matmulRowsF32(rotated, headSize, keys, panel, 0, output, count, rows, headSize, count, false);
    heap.release(mark);
  }
}
