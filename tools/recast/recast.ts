import { createWriteStream } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ByteReader } from "../../src/checkpoint/byte-reader.ts";
import { type Checkpoint, findCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { FORMAT } from "../../src/checkpoint/model-config.ts";
import { readConfig } from "../../src/checkpoint/model-description.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { damaged, readSafetensorsHeader } from "../../src/checkpoint/safetensors.ts";
import { MemoryLimitError } from "../../src/errors.ts";
import { JsonFields } from "../../src/json-fields.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { rotatedBits } from "../../src/linear/rotated-storage.ts";
import type { AudioFile } from "../node/read-audio-file.ts";
import { type FormGoal, formChoice } from "./choose-forms.ts";
import { FloatModel } from "./float-model.ts";
import type { LinearLayer } from "./linear-layers.ts";
import type { MatrixForm } from "./matrix-form.ts";
import { RotatedMatrix, type TensorBytes } from "./rotated-matrix.ts";
import { type RoundedLayer, type RoundedModel, roundModel } from "./round-model.ts";
import { safetensorsPieces } from "./safetensors-pieces.ts";
import { type RecastSummary, summarise } from "./summary.ts";
import { convertTensor } from "./tensor-converter.ts";
import { planTensors, type RecastKind, type Shard, type TensorTask } from "./tensor-tasks.ts";

export interface RecastOptions {
  readonly weights: RecastKind;
  /** Entropy-code what runs as int8. */
  readonly isCoded: boolean;
  /** Recordings for error feedback; none: weights are rounded to nearest. */
  readonly recordings: readonly AudioFile[];
  /** What to choose each layer's bits by; default: what suits `weights`. Needs recordings. */
  readonly goal: FormGoal | null;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Every small file that a model in the Hugging Face layout may have, but for config.json. */
const smallFiles = [
  "generation_config.json",
  "preprocessor_config.json",
  "processor_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "normalizer.json",
  "README.md",
  "LICENSE",
];

/**
 * Writes a model with rotated and rounded matrices into `folder`. Memory: the file that is written and
 * one matrix in float32; with recordings also the model in float32, twice.
 *
 * @throws ModelError, DownloadError, AudioError, MemoryLimitError; the signal's reason
 */
export async function recastModel(
  kernels: Kernels,
  source: ModelSource,
  folder: string,
  options: RecastOptions,
): Promise<RecastSummary> {
  const { weights, recordings } = options;
  const { config } = await readConfig(source);
  const checkpoint = await findCheckpoint(source);
  const shards = await readShards(checkpoint);
  const isCalibrated = recordings.length > 0;
  const isCoded = options.isCoded || (isCalibrated && weights === "int4");
  const plan = planTensors(shards, config, isCoded, checkpoint.fileOf);
  for (const file of smallFiles) await copyFile(source, file, folder);

  const nearest: RoundedLayer[] = [];
  const round = async (layer: LinearLayer, read: () => Promise<Float32Array>) => {
    const matrix = new RotatedMatrix(kernels, await read(), layer.inputWidth, undefined);
    const rounded = matrix.round(nearestForm(options, layer));
    nearest.push({ layer, matrix: rounded, divergence: null });
    return rounded;
  };
  const converted: ConvertedTensor[] = [];
  for (const [index, { file }] of shards.entries()) {
    const reader = new ByteReader((await checkpoint.open(file)).stream);
    const conversion = { kernels, config, file, reader, round: isCalibrated ? null : round };
    try {
      await readSafetensorsHeader(reader, file, null);
      for (const task of plan[index]!) {
        options.signal.throwIfAborted();
        options.onProgress(`read: ${task.entry.name}`);
        converted.push({ file, task, tensors: await convertTensor(conversion, task) });
      }
    } finally {
      await reader.cancel();
    }
  }

  const calibration = isCalibrated ? await calibrate(kernels, source, converted, options) : null;
  const tensors = converted.flatMap(({ task, tensors }) => {
    const layer = task.kind === "rotate" ? task.layer : null;
    const found = calibration?.model.layers.find((rounded) => rounded.layer === layer);
    return found?.matrix.tensors(task.entry.name.replace(/\.weight$/, "")) ?? tensors;
  });
  const made = describe(await source.json("config.json"), options, calibration);
  await writeFile(join(folder, "config.json"), `${JSON.stringify(made, null, 2)}\n`);
  const written = join(folder, "model.safetensors");
  await writeFile(written, safetensorsPieces(tensors), { flag: "wx" });
  return summarise({
    weights,
    isCoded,
    bytesBefore: shards.reduce((sum, { byteLength }) => sum + byteLength, 0),
    bytesAfter: (await stat(written)).size,
    layers: calibration?.model.layers ?? nearest,
    calibrated: calibration?.model ?? null,
  });
}

/** A tensor of the source and what is written for it; nothing yet for what calibration will round. */
interface ConvertedTensor {
  readonly file: string;
  readonly task: TensorTask;
  readonly tensors: readonly TensorBytes[];
}

/** As when a model is rounded while it loads; with `--coded` by steps. */
function nearestForm({ weights, isCoded }: RecastOptions, { name }: LinearLayer): MatrixForm {
  if (rotatedBits(weights, name) === 4) return { kind: "int4" };
  return isCoded ? { kind: "coded", share: NEAREST_SHARE } : { kind: "int8" };
}

/** A step of 5 bits or so: what int8 codes of weights rounded to nearest are worth coding with. */
const NEAREST_SHARE = 0.1;

/** What the header says of a tensor takes no more. */
const HEADER_BYTES = 160;

/** What was listened to, and the model rounded by it. */
interface CalibratedModel {
  readonly model: RoundedModel;
  readonly recordings: number;
  readonly seconds: number;
}

async function calibrate(
  kernels: Kernels,
  source: ModelSource,
  converted: readonly ConvertedTensor[],
  options: RecastOptions,
): Promise<CalibratedModel> {
  const { recordings, signal, onProgress } = options;
  const float = await loadFloat(source, signal);
  try {
    // Before minutes are spent on a model that says nothing.
    for (const { file, task } of converted) {
      if (task.kind !== "rotate" || float.read(task.layer.name).every(Number.isFinite)) continue;
      throw damaged(file, "finite numbers", "others", task.entry.name);
    }
    const { sampleRate } = float.description.features;
    const samples: Float32Array[] = [];
    for (const recording of recordings) samples.push(await recording.decode(sampleRate));
    const layers = converted.flatMap(({ task }) => (task.kind === "rotate" ? [task.layer] : []));
    const others = converted.flatMap(({ tensors }) => tensors);
    const headerBytes = HEADER_BYTES * (others.length + 2 * layers.length);
    const model = await roundModel(kernels, float, layers, samples, {
      ...formChoice(options),
      otherBytes: others.reduce((sum, { bytes }) => sum + bytes.length, headerBytes),
      signal,
      onProgress,
    });
    const count = samples.reduce((sum, { length }) => sum + length, 0);
    return { model, recordings: recordings.length, seconds: count / sampleRate };
  } finally {
    float.dispose();
  }
}

async function loadFloat(source: ModelSource, signal: AbortSignal): Promise<FloatModel> {
  try {
    return await FloatModel.load(source, signal);
  } catch (error) {
    if (!(error instanceof MemoryLimitError)) throw error;
    throw new MemoryLimitError(
      `${source.name} does not fit into memory in float32, which calibration needs. Recast it with --calibrate none.`,
      error.details,
      { cause: error },
    );
  }
}

/** The headers of all files: what is missing is known before anything is read. */
async function readShards(checkpoint: Checkpoint): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (const file of checkpoint.files) {
    const { stream, byteLength } = await checkpoint.open(file);
    const reader = new ByteReader(stream);
    try {
      const entries = await readSafetensorsHeader(reader, file, byteLength);
      const bytes = entries.reduce((sum, entry) => sum + entry.byteLength, reader.position);
      shards.push({ file, entries, byteLength: bytes });
    } finally {
      await reader.cancel();
    }
  }
  return shards;
}

/** config.json with a word on how the model was made; what stands in it stays. */
function describe(json: unknown, options: RecastOptions, calibration: CalibratedModel | null) {
  const fields = new JsonFields(json, "config.json");
  const section = new JsonFields(fields.get("fwhisper") ?? {}, "config.json, fwhisper").all();
  const recast = {
    weights: options.weights,
    rounding: calibration === null ? "nearest" : "error-feedback",
    ...(calibration !== null && {
      calibration_recordings: calibration.recordings,
      calibration_seconds: Math.round(calibration.seconds),
    }),
  };
  return { ...fields.all(), fwhisper: { ...section, format: FORMAT, recast } };
}

async function copyFile(source: ModelSource, file: string, folder: string): Promise<void> {
  const opened = await source.open(file);
  if (opened === null) return;
  const bytes = Readable.fromWeb(opened.stream as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(bytes, createWriteStream(join(folder, file)));
}
