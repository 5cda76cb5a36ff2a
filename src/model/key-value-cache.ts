import type { Kernels } from "../kernels/kernels.ts";
import { F32Cache } from "./f32-cache.ts";
import { Int8Cache } from "./int8-cache.ts";

/** How keys and values are kept: as they are, or rotated and rounded to a byte each. */
export type KeyValueCacheKind = "f32" | "int8";

/**
 * Keys and values of one attention layer, packed per head for the attention kernel. Serves
 * self-attention (appended to), and cross-attention (filled once).
 */
export interface KeyValueCache {
  /** Positions held. */
  readonly length: number;
  /** Bytes of kernel memory. */
  readonly byteLength: number;
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
 * @param width heads times head size
 */
export function createKeyValueCache(
  kernels: Kernels,
  kind: KeyValueCacheKind,
  width: number,
  heads: number,
  positions: number,
): KeyValueCache {
  const Cache = kind === "int8" ? Int8Cache : F32Cache;
  return new Cache(kernels, heads, width / heads, positions);
}
