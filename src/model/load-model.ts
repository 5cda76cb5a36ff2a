import { ByteReader } from "../checkpoint/byte-reader.ts";
import { findCheckpoint } from "../checkpoint/checkpoint.ts";
import { FORMAT, type ModelConfig } from "../checkpoint/model-config.ts";
import type { ModelSource } from "../checkpoint/model-source.ts";
import { readSafetensorsHeader, type TensorEntry } from "../checkpoint/safetensors.ts";
import { Weights } from "../checkpoint/weights.ts";
import { ModelError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { type DensePanels, LayerFactory } from "../linear/layer-factory.ts";
import type { LinearObserver } from "../linear/linear.ts";
import type { WeightsKind } from "../options/options.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** A Whisper network with its weights in kernel memory. */
export interface WhisperModel {
  readonly config: ModelConfig;
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  /** How its matrices lie in memory. */
  readonly weights: WeightsKind;
  /** By the names of their tensors, those that are dense: tools replace them. */
  readonly dense: ReadonlyMap<string, DensePanels>;
}

export interface LoadModelOptions {
  /**
   * How dense matrices are kept; matrices that the checkpoint has rotated already stay as they are.
   * Default int8, but f32 for widths below NARROW.
   */
  readonly weights?: WeightsKind | undefined;
  /** Sees the input of every linear layer: for calibration. */
  readonly observe?: LinearObserver;
  readonly signal?: AbortSignal;
}

/**
 * Below this d_model a model stays f32 unless told otherwise. Such models are for tests and toys, far
 * from Whisper tiny's 384: there is nothing to be gained, neither time nor memory, from rounding them.
 */
const NARROW = 256;

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
  options: LoadModelOptions = {},
): Promise<WhisperModel> {
  const { signal } = options;
  signal?.throwIfAborted();
  const checkpoint = await findCheckpoint(source);
  let construction: { weights: Weights; model: WhisperModel } | undefined;

  for (const file of checkpoint.files) {
    const { stream, byteLength } = await checkpoint.open(file);
    const reader = new ByteReader(stream);
    try {
      const entries = await readSafetensorsHeader(reader, file, byteLength);
      if (construction === undefined) {
        const names = checkpoint.names ?? new Set(entries.map(({ name }) => name));
        const kind = chooseKind(options.weights, config, names, entries);
        const weights = new Weights(names, entries, checkpoint.fileOf);
        const layers = new LayerFactory(kernels, weights, kind, options.observe);
        const encoder = new Encoder(layers, config);
        const decoder = new Decoder(layers, config);
        reserveWorkingMemory(kernels, config, kind);
        const model = { config, encoder, decoder, weights: kind, dense: layers.dense };
        construction = { weights, model };
      }
      construction.weights.check(entries, file);
      await construction.weights.place(entries, reader, file, signal);
    } finally {
      await reader.cancel();
    }
  }
  construction!.weights.finish();
  return construction!.model;
}

/** A checkpoint whose matrices are rotated already decides itself. */
function chooseKind(
  asked: WeightsKind | undefined,
  config: ModelConfig,
  names: ReadonlySet<string>,
  entries: readonly TensorEntry[],
): WeightsKind {
  const isRotated = (name: string) => /\.rotated\.(weight|coded)$/.test(name);
  if (![...names].some(isRotated)) return asked ?? (config.width < NARROW ? "f32" : "int8");
  if (config.format < FORMAT) throw oldRotation(config.format);
  // Coded int8 is U8 too.
  const isInt4 = entries.some(
    ({ name, dtype }) => name.endsWith(".rotated.weight") && dtype === "U8",
  );
  return config.recast ?? (isInt4 ? "int4" : "int8");
}

/** Format 1 rotated by H alone; its matrices are in another basis than activations now are. */
function oldRotation(format: number): ModelError {
  return new ModelError(
    `config.json: fwhisper.format: expected ${FORMAT} for rotated matrices, found ${format}: the model was recast by an older fwhisper. Recast the model that it was made from.`,
    { file: "config.json", expected: FORMAT, found: format },
  );
}

/**
 * Takes and gives back what recognition will need beside the weights, so that a model that fits but
 * leaves no room to work in is refused here, before its tensors are read.
 */
function reserveWorkingMemory({ heap }: Kernels, config: ModelConfig, kind: WeightsKind): void {
  const { width, sourcePositions, targetPositions, encoder, decoder, vocabSize } = config;
  const stream = sourcePositions * width;
  const convolution = 2 * stream + 2 * sourcePositions * config.melBins;
  const attention = 4 * stream + stream * cacheFloats(kind);
  const caches = 2 * decoder.layers * width * (sourcePositions + targetPositions);
  const decoding = caches * cacheFloats(kind) + 2 * vocabSize;
  // Scratch is small beside these.
  const mark = heap.mark();
  const hidden = sourcePositions * encoder.feedForward;
  heap.allocateF32(stream + Math.max(convolution, attention, hidden, decoding));
  heap.release(mark);
}

/** float32 that a number in a cache takes; int8 comes with scales. */
function cacheFloats(kind: WeightsKind): number {
  return kind === "f32" ? 1 : 0.3;
}
