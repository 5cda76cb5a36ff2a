/** The shapes of OpenAI's models (whisper/model.py, ModelDimensions), as config.json says them. */

interface Size {
  readonly width: number;
  readonly heads: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly melBins: number;
  readonly vocabSize: number;
}

const sizes = {
  tiny: { width: 384, heads: 6, encoderLayers: 4, decoderLayers: 4, melBins: 80, vocabSize: 51865 },
  base: { width: 512, heads: 8, encoderLayers: 6, decoderLayers: 6, melBins: 80, vocabSize: 51865 },
  small: {
    width: 768,
    heads: 12,
    encoderLayers: 12,
    decoderLayers: 12,
    melBins: 80,
    vocabSize: 51865,
  },
  medium: {
    width: 1024,
    heads: 16,
    encoderLayers: 24,
    decoderLayers: 24,
    melBins: 80,
    vocabSize: 51865,
  },
  "large-v3": {
    width: 1280,
    heads: 20,
    encoderLayers: 32,
    decoderLayers: 32,
    melBins: 128,
    vocabSize: 51866,
  },
  turbo: {
    width: 1280,
    heads: 20,
    encoderLayers: 32,
    decoderLayers: 4,
    melBins: 128,
    vocabSize: 51866,
  },
} as const satisfies Record<string, Size>;

export type ShapeName = keyof typeof sizes;
export const shapeNames = Object.keys(sizes) as ShapeName[];

/** config.json of a model of that size. */
export function configOf(name: ShapeName) {
  const { width, heads, encoderLayers, decoderLayers, melBins, vocabSize } = sizes[name];
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
