import type { Weights } from "../checkpoint/weights.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Application, Linear } from "../linear/linear.ts";
import { buildLinear } from "../linear/linear-builder.ts";

const AFTER_GELU: Application = { before: "gelu", accumulate: true };

/** The pre-norm feed-forward half of a layer: stream += fc2(GELU(fc1(norm(stream)))). */
export class FeedForward {
  readonly #kernels: Kernels;
  readonly #afterNorm: Application;
  readonly #expand: Linear;
  readonly #contract: Linear;

  /** `name` is the layer's: its norm is "final_layer_norm" in the Hugging Face layout. */
  constructor(kernels: Kernels, weights: Weights, name: string, width: number, inner: number) {
    const fc1 = { name: `${name}.fc1`, hasBias: true };
    const fc2 = { name: `${name}.fc2`, hasBias: true };
    this.#kernels = kernels;
    this.#afterNorm = { before: weights.layerNorm(`${name}.final_layer_norm`, width) };
    this.#expand = buildLinear(kernels, weights, [fc1], {
      inputWidth: width,
      outputWidth: inner,
    });
    this.#contract = buildLinear(kernels, weights, [fc2], {
      inputWidth: inner,
      outputWidth: width,
    });
  }

  /** stream: F32 [rows, width], in place. */
  apply(stream: number, rows: number): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const hidden = heap.allocateF32(rows * this.#expand.outputWidth);
    this.#expand.apply(stream, rows, hidden, this.#afterNorm);
    this.#contract.apply(hidden, rows, stream, AFTER_GELU);
    heap.release(mark);
  }
}
