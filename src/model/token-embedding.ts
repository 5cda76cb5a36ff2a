import type { ModelConfig } from "../checkpoint/model-config.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { LayerFactory } from "../linear/layer-factory.ts";
import type { Application, Linear, Matrix } from "../linear/linear.ts";
import { Logits } from "./logits.ts";

/** Token embedding and output projection; one matrix when the model ties them, as Whisper does. */
export class TokenEmbedding {
  /** float32 from one row of logits to the next. */
  readonly logitStride: number;
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #vocabSize: number;
  readonly #embedding: Matrix;
  readonly #projection: Linear;
  readonly #afterNorm: Application;

  constructor(layers: LayerFactory, config: ModelConfig) {
    const { width, vocabSize, tiedEmbedding } = config;
    const shape = { inputWidth: width, outputWidth: vocabSize };
    this.#kernels = layers.kernels;
    this.#width = width;
    this.#vocabSize = vocabSize;
    this.logitStride = Math.ceil(vocabSize / 16) * 16;
    this.#embedding = layers.matrix("decoder.embed_tokens", shape);
    const name = tiedEmbedding ? "decoder.embed_tokens" : "proj_out";
    const projection = tiedEmbedding ? this.#embedding : layers.matrix(name, shape);
    this.#projection = layers.observed(projection, [name]);
    this.#afterNorm = {
      before: layers.layerNorm("decoder.layer_norm", width),
      stride: this.logitStride,
    };
  }

  /** Writes the embedding of one token, F32 [width]. */
  lookup(token: number, target: number): void {
    this.#embedding.readRow(token, target);
  }

  /**
   * Logits after the last layer norm.
   *
   * @param rows pointers to what the last layer left of each, F32 [width]
   * @param output room for F32 [rows, vocabSize], rows `logitStride` apart
   */
  logits(rows: readonly number[], output: number): Logits[] {
    const { heap } = this.#kernels;
    const rowBytes = this.#width * 4;
    const mark = heap.mark();
    const hidden = heap.allocate(rows.length * rowBytes);
    for (const [i, row] of rows.entries()) {
      heap.u8(hidden + i * rowBytes, rowBytes).set(heap.u8(row, rowBytes));
    }
    if (rows.length > 0) this.#projection.apply(hidden, rows.length, output, this.#afterNorm);
    heap.release(mark);
    const pointer = (i: number) => output + i * this.logitStride * 4;
    return rows.map((_, i) => new Logits(this.#kernels, pointer(i), this.#vocabSize));
  }
}
