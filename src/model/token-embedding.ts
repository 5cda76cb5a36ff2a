import type { Kernels } from "../kernels/kernels.ts";
import type { Application, Linear, Matrix } from "./linear.ts";
import { buildMatrix, observed } from "./linear-builder.ts";
import type { ModelConfig } from "./model-config.ts";
import type { Weights } from "./weights.ts";

/** Token embedding and output projection; one matrix when the model ties them, as Whisper does. */
export class TokenEmbedding {
  /** float32 from one row of logits to the next. */
  readonly logitStride: number;
  readonly #embedding: Matrix;
  readonly #projection: Linear;
  readonly #afterNorm: Application;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, vocabSize, tiedEmbedding } = config;
    const matrix = (name: string) => buildMatrix(kernels, weights, name, width, vocabSize);
    this.logitStride = Math.ceil(vocabSize / 16) * 16;
    this.#embedding = matrix("decoder.embed_tokens");
    const name = tiedEmbedding ? "decoder.embed_tokens" : "proj_out";
    const projection = tiedEmbedding ? this.#embedding : matrix(name);
    this.#projection = observed(kernels, weights, [{ name }], projection);
    this.#afterNorm = {
      before: weights.layerNorm("decoder.layer_norm", width),
      stride: this.logitStride,
    };
  }

  /** Writes the embedding of one token, F32 [width]. */
  lookup(token: number, target: number): void {
    this.#embedding.readRow(token, target);
  }

  /**
   * Logits after the last layer norm: hidden F32 [rows, width] -> output F32 [rows, vocabSize], rows
   * `logitStride` apart.
   */
  logits(hidden: number, rows: number, output: number): void {
    this.#projection.apply(hidden, rows, output, this.#afterNorm);
  }
}
