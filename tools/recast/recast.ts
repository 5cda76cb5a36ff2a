import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { JsonFields } from "../../src/json-fields.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { ByteReader } from "../../src/model/byte-reader.ts";
import { type Checkpoint, findCheckpoint } from "../../src/model/checkpoint.ts";
import { FORMAT } from "../../src/model/model-config.ts";
import type { ModelSource } from "../../src/model/model-source.ts";
import { readSafetensorsHeader } from "../../src/model/safetensors.ts";
import { readConfig } from "../../src/transcription/model-description.ts";
import type { AudioFile } from "../node/read-audio-file.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { SafetensorsWriter } from "./safetensors-writer.ts";
import { LayerEnergies, type RecastSummary } from "./summary.ts";
import { TensorConverter } from "./tensor-converter.ts";
import { planTensors, type RecastKind, type Shard, tensorsOf } from "./tensor-tasks.ts";

export interface RecastOptions {
  readonly weights: RecastKind;
  /** Recordings for error feedback; none: weights are rounded to nearest. */
  readonly recordings: readonly AudioFile[];
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
 * Writes a model with rotated and rounded matrices into `folder`, tensor by tensor as its source
 * delivers them. Peak memory: one matrix in codes and one slice of it in float32; with recordings
 * that of `calibrate`.
 *
 * @throws ModelError, DownloadError, AudioError, MemoryLimitError; the signal's reason
 */
export async function recastModel(
  kernels: Kernels,
  source: ModelSource,
  folder: string,
  options: RecastOptions,
): Promise<RecastSummary> {
  const { weights, recordings, signal, onProgress } = options;
  const { config } = await readConfig(source);
  const checkpoint = await findCheckpoint(source);
  const shards = await readShards(checkpoint);
  const plan = planTensors(shards, config, weights, checkpoint.fileOf);
  const calibration =
    recordings.length === 0
      ? null
      : await calibrate(kernels, source, config, recordings, { signal, onProgress });

  for (const file of smallFiles) await copyFile(source, file, folder);
  const made = describe(await source.json("config.json"), weights, calibration);
  await writeFile(join(folder, "config.json"), `${JSON.stringify(made, null, 2)}\n`);

  const tensors = plan.flat().flatMap(tensorsOf);
  const writer = await SafetensorsWriter.create(join(folder, "model.safetensors"), tensors);
  const energies = new LayerEnergies();
  let bytesBefore = 0;
  try {
    const totalBytes = shards.flatMap(({ entries }) => entries).reduce(sumBytes, 0);
    let doneBytes = 0;
    for (const [index, { file }] of shards.entries()) {
      const reader = new ByteReader((await checkpoint.open(file)).stream);
      try {
        await readSafetensorsHeader(reader, file, null);
        const converter = new TensorConverter(kernels, { calibration, file, signal });
        for (const task of plan[index]!) {
          onProgress(`recast: ${Math.floor((100 * doneBytes) / totalBytes)} % ${task.entry.name}`);
          await converter.convert(task, reader, writer, energies);
          doneBytes += task.entry.byteLength;
        }
        bytesBefore += reader.position;
      } finally {
        await reader.cancel();
      }
    }
  } finally {
    await writer.close();
  }
  return {
    weights,
    rounding: calibration === null ? "nearest" : "error-feedback",
    bytesBefore,
    bytesAfter: writer.byteLength,
    ...energies.summarise(),
  };
}

/** The headers of all files: the size of everything is known before anything is written. */
async function readShards(checkpoint: Checkpoint): Promise<Shard[]> {
  const shards: Shard[] = [];
  for (const file of checkpoint.files) {
    const { stream, byteLength } = await checkpoint.open(file);
    const reader = new ByteReader(stream);
    try {
      shards.push({ file, entries: await readSafetensorsHeader(reader, file, byteLength) });
    } finally {
      await reader.cancel();
    }
  }
  return shards;
}

function sumBytes(sum: number, { byteLength }: { readonly byteLength: number }): number {
  return sum + byteLength;
}

/** config.json with a word on how the model was made; what stands in it stays. */
function describe(json: unknown, weights: RecastKind, calibration: Calibration | null) {
  const fields = new JsonFields(json, "config.json");
  const section = new JsonFields(fields.get("fwhisper") ?? {}, "config.json, fwhisper").all();
  const recast = {
    weights,
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
