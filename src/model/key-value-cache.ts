import type { Kernels } from "../kernels/kernels.ts";

/** Rows of scores the attention kernel holds at a time (assembly/attention.ts, ROWS_AT_ONCE). */
const ATTENTION_ROWS = 40;

/**
 * Keys and values of one attention layer, packed per head for the attention kernel, with room for
 * `capacity` positions. Serves self-attention (appended to), and cross-attention (filled once).
 */
export class KeyValueCache {
  readonly #kernels: Kernels;
  readonly #heads: number;
  readonly #headSize: number;
  readonly #capacity: number;
  readonly #keys: number;
  readonly #values: number;
  #length = 0;

  /** `width` = heads * head size; takes its memory from the top of the heap. */
  constructor(kernels: Kernels, width: number, heads: number, positions: number) {
    this.#kernels = kernels;
    this.#heads = heads;
    this.#headSize = width / heads;
    this.#capacity = roundUp8(positions);
    this.#keys = kernels.heap.allocateF32(this.#capacity * width);
    this.#values = kernels.heap.allocateF32(this.#capacity * heads * roundUp8(this.#headSize));
  }

  /** Positions held. */
  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** keys, values: F32 [rows, width], contiguous. */
  append(keys: number, values: number, rows: number): void {
    this.#kernels.appendKeysValuesF32(
      keys,
      values,
      rows,
      this.#heads * this.#headSize,
      this.#keys,
      this.#values,
      this.#length,
      this.#capacity,
      this.#heads,
      this.#headSize,
    );
    this.#length += rows;
  }

  /**
   * Attention of queries F32 [rows, width] over everything held, into output F32 [rows, width].
   * `causal`: the queries belong to the last `rows` positions and look no further than themselves.
   */
  attend(queries: number, rows: number, output: number, causal: boolean): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const scratch = heap.allocateF32(Math.min(rows, ATTENTION_ROWS) * roundUp8(this.#length));
    this.#kernels.attentionF32(
      queries,
      rows,
      this.#keys,
      this.#values,
      this.#length,
      this.#capacity,
      this.#heads,
      this.#headSize,
      causal,
      output,
      scratch,
    );
    heap.release(mark);
  }
}

function roundUp8(n: number): number {
  return Math.ceil(n / 8) * 8;
}
