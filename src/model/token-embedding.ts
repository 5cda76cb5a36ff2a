import type { Kernels } from "../kernels/kernels.ts";
import type { ModelConfig } from "./model-config.ts";
import type { Weights } from "./weights.ts";

/** Token embedding and output projection; one matrix when the model ties them, as Whisper does. */
export class TokenEmbedding {
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #vocabSize: number;
  readonly #embedding: number;
  readonly #projection: number;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, vocabSize } = config;
    this.#kernels = kernels;
    this.#width = width;
    this.#vocabSize = vocabSize;
    this.#embedding = weights.packed("decoder.embed_tokens.weight", vocabSize, width);
    this.#projection = config.tiedEmbedding
      ? this.#embedding
      : weights.packed("proj_out.weight", vocabSize, width);
  }

  /** Writes the embedding of one token, F32 [width]. */
  lookup(token: number, target: number): void {
    const { heap } = this.#kernels;
    // The row is one lane of a packed panel [width][8].
    const panel = heap.f32(
      this.#embedding + Math.floor(token / 8) * this.#width * 32,
      this.#width * 8,
    );
    const row = heap.f32(target, this.#width);
    for (let i = 0, at = token % 8; i < this.#width; i++, at += 8) row[i] = panel[at]!;
  }

  /** Logits of one position: hidden F32 [width] -> a copy, [vocabSize]. */
  logits(hidden: number): Float32Array {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const output = heap.allocateF32(this.#vocabSize);
    this.#kernels.matmulRowsF32(
      hidden,
      this.#width,
      this.#projection,
      this.#width * 8,
      0,
      output,
      this.#vocabSize,
      1,
      this.#width,
      this.#vocabSize,
      false,
    );
    const logits = heap.f32(output, this.#vocabSize).slice();
    heap.release(mark);
    return logits;
  }
}
