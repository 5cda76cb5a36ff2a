import type { Kernels } from "../kernels/kernels.ts";
import type { LayerFactory } from "../linear/layer-factory.ts";
import type { Application, Linear } from "../linear/linear.ts";

const AFTER_GELU: Application = { before: "gelu", accumulate: true };

/** The pre-norm feed-forward half of a layer: stream += fc2(GELU(fc1(norm(stream)))). */
export class FeedForward {
  readonly #kernels: Kernels;
  readonly #afterNorm: Application;
  /** width to inner. */
  readonly #expand: Linear;
  /** inner to width. */
  readonly #contract: Linear;

  /** `name` is the layer's: its norm is "final_layer_norm" in the Hugging Face layout. */
  constructor(layers: LayerFactory, name: string, width: number, inner: number) {
    const linear = (part: string, inputWidth: number, outputWidth: number) => {
      return layers.linear([{ name: `${name}.${part}`, hasBias: true }], {
        inputWidth,
        outputWidth,
      });
    };
    this.#kernels = layers.kernels;
    this.#afterNorm = { before: layers.layerNorm(`${name}.final_layer_norm`, width) };
    this.#expand = linear("fc1", width, inner);
    this.#contract = linear("fc2", inner, width);
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
