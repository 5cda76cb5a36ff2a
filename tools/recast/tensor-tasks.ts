import type { ModelConfig } from "../../src/checkpoint/model-config.ts";
import { type Dtype, damaged, type TensorEntry } from "../../src/checkpoint/safetensors.ts";
import { checkTensor } from "../../src/checkpoint/tensor-slot.ts";
import { ModelError } from "../../src/errors.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { type LinearLayer, linearLayers } from "./linear-layers.ts";

/** One file of the checkpoint that is read. */
export interface Shard {
  readonly file: string;
  /** In the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  readonly byteLength: number;
}

/**
 * What becomes of a tensor: a matrix is rotated to codes and scales, convolutions and the decoder's
 * positions may be coded, the encoder's positions are left out where they can be computed, other
 * float32 are rounded to float16, the rest is copied, and what Whisper does not have is dropped.
 */
export type TensorTask = { readonly entry: TensorEntry } & (
  | { readonly kind: "rotate"; readonly layer: LinearLayer }
  | { readonly kind: "positions" | "code" | "half" | "copy" | "drop" }
);

/** What a model can be recast to. */
export type RecastKind = Exclude<WeightsKind, "f32">;

/**
 * Plans a recast model. What is no linear layer loses nothing measurable as float16, whose 11 bits are
 * good for 70 dB and more, and it matters for bytes: in float32, positions and convolutions would be a
 * fifth of tiny's int4 file. BF16 stays: its range is larger and its size the same.
 *
 * @param isCoded whether convolutions and positions are coded
 * @param fileOf the file that a tensor is to be found in, for errors about missing ones
 * @throws ModelError when a matrix is missing, of another shape, or rotated already
 */
export function planTensors(
  shards: readonly Shard[],
  config: ModelConfig,
  isCoded: boolean,
  fileOf: (tensor: string) => string,
): TensorTask[][] {
  const names = new Set(shards.flatMap(({ entries }) => entries.map(({ name }) => name)));
  const matrices = new Map<string, LinearLayer>();
  for (const layer of linearLayers(config)) {
    const found = (suffix: string) => {
      const candidates = [`model.${layer.name}.${suffix}`, `${layer.name}.${suffix}`];
      return candidates.find((candidate) => names.has(candidate));
    };
    const rotated = found("rotated.weight") ?? found("rotated.coded");
    if (rotated !== undefined) throw rotatedAlready(rotated, fileOf(rotated));
    if (found("cascade.scale") !== undefined) continue;
    const weight = found("weight");
    if (weight === undefined) {
      const tensor = `model.${layer.name}.weight`;
      const advice = "The checkpoint is incomplete or no Whisper model.";
      throw damaged(fileOf(tensor), "the tensor to be there", "nothing", tensor, advice);
    }
    matrices.set(weight, layer);
  }
  return shards.map(({ file, entries }) =>
    entries.map((entry): TensorTask => {
      const layer = matrices.get(entry.name);
      if (layer !== undefined) {
        checkTensor(entry, file, [layer.outputWidth, layer.inputWidth], floatDtypes);
        return { kind: "rotate", entry, layer };
      }
      return { kind: otherKind(entry, config, isCoded), entry };
    }),
  );
}

const floatDtypes: readonly Dtype[] = ["F32", "F16", "BF16"];

function otherKind(
  { name, dtype }: TensorEntry,
  config: ModelConfig,
  isCoded: boolean,
): Exclude<TensorTask["kind"], "rotate"> {
  const isUsed =
    /^(model\.)?(encoder|decoder)\./.test(name) ||
    (!config.tiedEmbedding && /^(model\.)?proj_out\./.test(name));
  if (!isUsed) return "drop";
  if (floatDtypes.includes(dtype)) {
    if (/encoder\.embed_positions\.weight$/.test(name)) return "positions";
    if (isCoded && /(encoder\.conv\d|decoder\.embed_positions)\.weight$/.test(name)) return "code";
  }
  return dtype === "F32" && !name.includes(".cascade.") ? "half" : "copy";
}

function rotatedAlready(tensor: string, file: string): ModelError {
  return new ModelError(
    `${file}: tensor ${tensor}: expected float weights, found rotated ones: this model was recast already. Recast the model that it was made from.`,
    { file, tensor, expected: "float weights", found: "rotated weights" },
  );
}
