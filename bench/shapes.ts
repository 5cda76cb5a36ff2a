/** The shapes of OpenAI's models, as config.json says them. */

import { findWellKnownModel } from "../src/catalogue/well-known-models.ts";

export const shapeNames = ["tiny", "base", "small", "medium", "large-v3", "turbo"] as const;
export type ShapeName = (typeof shapeNames)[number];

/** Width of an attention head, in all of them. */
const HEAD_WIDTH = 64;

/** config.json of a model of that size. */
export function configOf(name: ShapeName) {
  const { width, encoderLayers, decoderLayers, melBins, vocabSize } =
    findWellKnownModel(name)!.shape;
  const heads = width / HEAD_WIDTH;
  return {
    model_type: "whisper",
    activation_function: "gelu",
    d_model: width,
    encoder_layers: encoderLayers,
    encoder_attention_heads: heads,
    encoder_ffn_dim: 4 * width,
    decoder_layers: decoderLayers,
    decoder_attention_heads: heads,
    decoder_ffn_dim: 4 * width,
    max_source_positions: 1500,
    max_target_positions: 448,
    num_mel_bins: melBins,
    vocab_size: vocabSize,
    tie_word_embeddings: true,
  };
}
