import type { Kernels } from "../kernels/kernels.ts";
import type { Linear } from "./linear.ts";
import type { LayerNorm, Weights } from "./weights.ts";

/** The pre-norm feed-forward half of a layer: stream += fc2(GELU(fc1(norm(stream)))). */
export class FeedForward {
  readonly #kernels: Kernels;
  readonly #norm: LayerNorm;
  readonly #expand: Linear;
  readonly #contract: Linear;

  /** `name` is the layer's: its norm is "final_layer_norm" in the Hugging Face layout. */
  constructor(kernels: Kernels, weights: Weights, name: string, width: number, inner: number) {
    this.#kernels = kernels;
    this.#norm = weights.layerNorm(`${name}.final_layer_norm`, width);
    this.#expand = weights.linear(`${name}.fc1`, width, inner);
    this.#contract = weights.linear(`${name}.fc2`, inner, width);
  }

  /** stream: F32 [rows, width], in place. */
  apply(stream: number, rows: number): void {
    const { heap } = this.#kernels;
    const { inputWidth: width, outputWidth: inner } = this.#expand;
    const mark = heap.mark();
    const normal = heap.allocateF32(rows * width);
    const hidden = heap.allocateF32(rows * inner);
    this.#kernels.layerNormRowsF32(stream, rows, width, this.#norm.weight, this.#norm.bias, normal);
    this.#expand.apply(normal, rows, hidden);
    this.#kernels.geluF32(hidden, rows * inner);
    this.#contract.apply(hidden, rows, stream, true);
    heap.release(mark);
  }
}
