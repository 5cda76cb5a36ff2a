import type { Kernels } from "../kernels/kernels.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

/** Keys and values rotated and rounded to a byte each (assembly/attention/key-values-int8.ts). */
export class Int8Cache implements KeyValueCache {
  length = 0;
  readonly byteLength: number;
  readonly #kernels: Kernels;
  readonly #headSize: number;
  readonly #cache: number;
  readonly #appendScratchBytes: number;

  constructor(kernels: Kernels, heads: number, headSize: number, positions: number) {
    const capacity = Math.ceil(positions / 16) * 16;
    this.#kernels = kernels;
    this.#headSize = headSize;
    this.byteLength = kernels.keyValuesBytesInt8(capacity, heads, headSize);
    this.#cache = kernels.heap.allocate(this.byteLength);
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
