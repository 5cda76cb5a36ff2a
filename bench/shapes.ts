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

type TensorConfig = Omit<ReturnType<typeof configOf>, "tie_word_embeddings">;

/** Names and shapes of all tensors, in the layout of WhisperForConditionalGeneration. */
export function tensorShapes(config: TensorConfig): [name: string, shape: number[]][] {
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
