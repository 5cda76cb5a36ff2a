import type { Kernels } from "../kernels/kernels.ts";
import type { LayerFactory } from "../linear/layer-factory.ts";
import type { Application, Linear } from "../linear/linear.ts";
import type { KeyValueCache } from "./key-value-cache.ts";

/** Rows of a stream that look at one cache, next to each other. */
export interface RowsOfCache {
  readonly cache: KeyValueCache;
  readonly rows: number;
}

const ADD: Application = { accumulate: true };

/**
 * stream += attention of norm(stream), multi-head, as in whisper/model.py, MultiHeadAttention: query,
 * value and output projections with bias, key projection without. Scores are scaled by headSize^-1/2,
 * which the reference splits over queries and keys. Projections of one input are one matrix.
 */
export class Attention {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #afterNorm: Application;
  /** [queries | keys | values] of the stream; in cross-attention its queries alone. */
  readonly #project: Linear;
  /** [keys | values] of the audio, in cross-attention. */
  readonly #projectAudio: Linear | null;
  readonly #output: Linear;

  /**
   * @param name as in "encoder.layers.0.self_attn"; its norm has it as prefix
   * @param over what the stream looks at: itself, or the encoder's output
   */
  constructor(layers: LayerFactory, name: string, width: number, over: "itself" | "audio") {
    const shape = { inputWidth: width, outputWidth: width };
    const part = (letter: string) => ({ name: `${name}.${letter}_proj`, hasBias: letter !== "k" });
    const query = [part("q")];
    const keysValues = [part("k"), part("v")];
    const isCross = over === "audio";
    this.#kernels = layers.kernels;
    this.#width = width;
    this.#afterNorm = { before: layers.layerNorm(`${name}_layer_norm`, width) };
    this.#project = layers.linear(isCross ? query : [...query, ...keysValues], shape);
    this.#projectAudio = isCross ? layers.linear(keysValues, shape) : null;
    this.#output = layers.linear([part("out")], shape);
  }

  /** Cross-attention: fills the cache with the keys and values of `audio`, F32 [rows, width]. */
  remember(audio: number, rows: number, cache: KeyValueCache): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const mark = heap.mark();
    const projected = heap.allocateF32(rows * 2 * width);
    this.#projectAudio!.apply(audio, rows, projected);
    cache.append(projected, projected + width * 4, rows, 2 * width);
    heap.release(mark);
  }

  /**
   * stream: F32 [rows, width], in place; its rows look at the caches that `runs` name, one after the
   * other, in self-attention after their own keys and values were appended to them.
   *
   * @param causal rows look no further than themselves
   * @param onQueries sees the queries before they meet the keys; in cross-attention F32 [rows, width]
   */
  apply(
    stream: number,
    rows: number,
    runs: readonly RowsOfCache[],
    causal: boolean,
    onQueries?: (queries: number) => void,
  ): void {
    const { heap } = this.#kernels;
    const width = this.#width;
    const stride = this.#project.outputWidth;
    const mark = heap.mark();
    const projected = heap.allocateF32(rows * stride);
    const mixed = heap.allocateF32(rows * width);
    this.#project.apply(stream, rows, projected, this.#afterNorm);
    onQueries?.(projected);
    let row = 0;
    for (const { cache, rows: count } of runs) {
      const queries = projected + row * stride * 4;
      if (this.#projectAudio === null) {
        cache.append(queries + width * 4, queries + 2 * width * 4, count, stride);
      }
      cache.attend(queries, count, stride, mixed + row * width * 4, causal);
      row += count;
    }
    this.#output.apply(mixed, rows, stream, ADD);
    heap.release(mark);
  }
}
