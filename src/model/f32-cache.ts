import type { Kernels } from "../kernels/kernels.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

/** Keys and values as they are, in panels (assembly/attention/attention.ts). */
export class F32Cache implements KeyValueCache {
  length = 0;
  readonly byteLength: number;
  readonly #kernels: Kernels;
  readonly #heads: number;
  readonly #headSize: number;
  readonly #capacity: number;
  readonly #keys: number;
  readonly #values: number;

  constructor(kernels: Kernels, heads: number, headSize: number, positions: number) {
    const capacity = Math.ceil(positions / 8) * 8;
    const keyFloats = heads * capacity * headSize;
    const valueFloats = heads * capacity * Math.ceil(headSize / 8) * 8;
    this.#kernels = kernels;
    this.#heads = heads;
    this.#headSize = headSize;
    this.#capacity = capacity;
    this.#keys = kernels.heap.allocateF32(keyFloats);
    this.#values = kernels.heap.allocateF32(valueFloats);
    this.byteLength = 4 * (keyFloats + valueFloats);
  }

  clear(): void {
    this.length = 0;
  }

  append(keys: number, values: number, rows: number, stride: number): void {
    this.#kernels.appendKeysValuesF32(
      keys,
      values,
      rows,
      stride,
      this.#keys,
      this.#values,
      this.length,
      this.#capacity,
      this.#heads,
      this.#headSize,
    );
    this.length += rows;
  }

  copyFrom(other: F32Cache, from: number, to: number): void {
    this.#kernels.copyKeysValuesF32(
      other.#keys,
      other.#values,
      this.#keys,
      this.#values,
      from,
      to,
      this.#capacity,
      this.#heads,
      this.#headSize,
    );
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
      this.#keys,
      this.#values,
      this.length,
      this.#capacity,
      this.#heads,
      this.#headSize,
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
