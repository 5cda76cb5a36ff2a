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

/** Names and shapes of all tensors, in the layout of WhisperForConditionalGeneration. */
export function tensorShapes(name: ShapeName): [name: string, shape: number[]][] {
  const config = configOf(name);
  const width = config.d_model;
  const shapes: [string, number[]][] = [];
  const linear = (at: string, inputs: number, outputs: number, bias = true) => {
    shapes.push([`${at}.weight`, [outputs, inputs]]);
    if (bias) shapes.push([`${at}.bias`, [outputs]]);
  };
  const norm = (at: string) => {
    shapes.push([`${at}.weight`, [width]], [`${at}.bias`, [width]]);
  };
  const attention = (at: string) => {
    for (const part of ["q_proj", "v_proj", "out_proj"]) linear(`${at}.${part}`, width, width);
    linear(`${at}.k_proj`, width, width, false);
    norm(`${at}_layer_norm`);
  };
  const convolution = (at: string, inputs: number) => {
    shapes.push([`${at}.weight`, [width, inputs, 3]], [`${at}.bias`, [width]]);
  };
  convolution("model.encoder.conv1", config.num_mel_bins);
  convolution("model.encoder.conv2", width);
  shapes.push(["model.encoder.embed_positions.weight", [config.max_source_positions, width]]);
  shapes.push(["model.decoder.embed_tokens.weight", [config.vocab_size, width]]);
  shapes.push(["model.decoder.embed_positions.weight", [config.max_target_positions, width]]);
  for (const side of ["encoder", "decoder"] as const) {
    for (let i = 0; i < config[`${side}_layers`]; i++) {
      const layer = `model.${side}.layers.${i}`;
      attention(`${layer}.self_attn`);
      if (side === "decoder") attention(`${layer}.encoder_attn`);
      linear(`${layer}.fc1`, width, config[`${side}_ffn_dim`]);
      linear(`${layer}.fc2`, config[`${side}_ffn_dim`], width);
      norm(`${layer}.final_layer_norm`);
    }
    norm(`model.${side}.layer_norm`);
  }
  return shapes;
}
