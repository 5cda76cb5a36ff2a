import type { ModelConfig } from "../../src/checkpoint/model-config.ts";

/** A matrix of the model that can be rotated. */
export interface LinearLayer {
  /** In the checkpoint, without "model.": "encoder.layers.0.fc1". */
  readonly name: string;
  /** What it is in every layer, for summaries: "encoder fc1". */
  readonly kind: string;
  readonly inputWidth: number;
  readonly outputWidth: number;
}

/** Every linear layer of a Whisper network, the token embedding and its output projection among them. */
export function linearLayers(config: ModelConfig): LinearLayer[] {
  const { width, vocabSize } = config;
  const layers: LinearLayer[] = [];
  const add = (name: string, inputWidth: number, outputWidth: number) => {
    const kind = name.replace(/layers\.\d+\./, "").replaceAll(".", " ");
    layers.push({ name, kind, inputWidth, outputWidth });
  };
  for (const side of ["encoder", "decoder"] as const) {
    const { layers: count, feedForward } = config[side];
    for (let i = 0; i < count; i++) {
      const layer = `${side}.layers.${i}`;
      const attentions = side === "encoder" ? ["self_attn"] : ["self_attn", "encoder_attn"];
      for (const attention of attentions) {
        for (const part of ["q_proj", "k_proj", "v_proj", "out_proj"]) {
          add(`${layer}.${attention}.${part}`, width, width);
        }
      }
      add(`${layer}.fc1`, width, feedForward);
      add(`${layer}.fc2`, feedForward, width);
    }
  }
  add("decoder.embed_tokens", width, vocabSize);
  if (!config.tiedEmbedding) add("proj_out", width, vocabSize);
  return layers;
}

/**
 * The layer whose recorded inputs stand for those of `layer`: queries, keys and values share theirs,
 * and the keys and values of every cross-attention see the output of the encoder.
 */
export function inputsSharedWith(layer: string): string {
  return layer
    .replace(/self_attn\.[kv]_proj$/, "self_attn.q_proj")
    .replace(/layers\.\d+\.encoder_attn\.[kv]_proj$/, "layers.0.encoder_attn.k_proj");
}
