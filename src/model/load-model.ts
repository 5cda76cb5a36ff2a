import { ModelError } from "../errors.ts";
import { JsonFields } from "../json-fields.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { ByteReader } from "./byte-reader.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import type { ModelConfig } from "./model-config.ts";
import type { ModelSource } from "./model-source.ts";
import { damaged, readSafetensorsHeader } from "./safetensors.ts";
import { Weights } from "./weights.ts";

/** A Whisper network with its weights in kernel memory. */
export interface WhisperModel {
  readonly config: ModelConfig;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
}

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/**
 * Streams the weights of a checkpoint, sharded or not, into kernel memory: headers are checked
 * before any tensor is read, every tensor is converted slice by slice as it arrives. Peak memory is
 * the finished model and one slice. When this throws, the kernels' memory is to be thrown away.
 *
 * @throws ModelError that names the file, the tensor, what was expected and what was found
 * @throws MemoryLimitError when the model cannot fit, before its tensors are read
 */
export async function loadModel(
  kernels: Kernels,
  source: ModelSource,
  config: ModelConfig,
  signal?: AbortSignal,
): Promise<WhisperModel> {
  signal?.throwIfAborted();
  let opened = await source.open(SINGLE_FILE);
  const shards = opened === null ? await readIndex(source) : null;
  const files = shards === null ? [SINGLE_FILE] : [...new Set(shards.values())];
  const fileOf = (tensor: string) => {
    return shards === null ? SINGLE_FILE : (shards.get(tensor) ?? INDEX_FILE);
  };
  let construction: { weights: Weights; model: WhisperModel } | undefined;

  for (const file of files) {
    opened ??= await source.open(file);
    if (opened === null) {
      const advice = `${INDEX_FILE} names it; download the model again.`;
      throw missingFile(source, file, advice);
    }
    const reader = new ByteReader(opened.stream);
    try {
      const entries = await readSafetensorsHeader(reader, file, opened.byteLength);
      const names = new Set(shards?.keys() ?? entries.map(({ name }) => name));
      construction ??= construct(kernels, config, names, fileOf);
      construction.weights.check(entries, file);
      await construction.weights.place(entries, reader, file, signal);
    } finally {
      await reader.cancel();
      opened = null;
    }
  }
  construction!.weights.finish();
  return construction!.model;
}

function construct(
  kernels: Kernels,
  config: ModelConfig,
  names: ReadonlySet<string>,
  fileOf: (tensor: string) => string,
): { weights: Weights; model: WhisperModel } {
  const weights = new Weights(kernels, names, fileOf);
  const encoder = new Encoder(kernels, weights, config);
  const decoder = new Decoder(kernels, weights, config);
  return { weights, model: { config, encoder, decoder } };
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

function missingFile(source: ModelSource, file: string, advice: string): ModelError {
  return new ModelError(`${source.name}: expected ${file}, found no such file. ${advice}`, {
    file,
    expected: file,
    found: null,
  });
}
