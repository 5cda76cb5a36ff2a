import { JsonFields } from "../json-fields.ts";
import { type ModelSource, missingFile } from "./model-source.ts";
import { damaged } from "./safetensors.ts";

type OpenedFile = NonNullable<Awaited<ReturnType<ModelSource["open"]>>>;

/** The safetensors files of a model: one, or the shards that an index names. */
export interface Checkpoint {
  readonly files: readonly string[];
  /** All tensors, where an index tells them; null for a single file, whose header does. */
  readonly names: ReadonlySet<string> | null;
  /** The file that a tensor is to be found in, for errors about missing ones. */
  fileOf(tensor: string): string;
  /** Throws ModelError when the file is not there. */
  open(file: string): Promise<OpenedFile>;
}

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/**
 * Finds a model's weights; opens the single file, if there is one, to know.
 *
 * @throws ModelError when there are none, or the index is damaged
 */
export async function findCheckpoint(source: ModelSource): Promise<Checkpoint> {
  let single = await source.open(SINGLE_FILE);
  const shards = single === null ? await readIndex(source) : null;
  return {
    files: shards === null ? [SINGLE_FILE] : [...new Set(shards.values())],
    names: shards === null ? null : new Set(shards.keys()),
    fileOf: (tensor) => (shards === null ? SINGLE_FILE : (shards.get(tensor) ?? INDEX_FILE)),
    async open(file) {
      const opened = single ?? (await source.open(file));
      single = null;
      if (opened !== null) return opened;
      throw missingFile(source, file, `${INDEX_FILE} names it; download the model again.`);
    },
  };
}

/** Tensor name -> shard file, from the index of a sharded checkpoint. */
async function readIndex(source: ModelSource): Promise<Map<string, string>> {
  const json = await source.json(INDEX_FILE);
  if (json === null) {
    const advice =
      "fwhisper reads safetensors only: convert other weights (pytorch_model.bin, .pt, .onnx) with Hugging Face's save_pretrained.";
    throw missingFile(source, SINGLE_FILE, advice);
  }
  const map = new JsonFields(json, INDEX_FILE).get("weight_map");
  const entries = Object.entries(new JsonFields(map, `${INDEX_FILE}, weight_map`).all());
  for (const [tensor, file] of entries) {
    // A shard lies beside the index; anything else would read outside the model's folder.
    if (typeof file !== "string" || !/^[\w.-]+\.safetensors$/.test(file)) {
      const expected = "the name of a .safetensors file beside the index";
      throw damaged(INDEX_FILE, expected, String(JSON.stringify(file)), tensor);
    }
  }
  if (entries.length === 0) throw damaged(INDEX_FILE, "tensors in weight_map", "none");
  return new Map(entries as [string, string][]);
}
