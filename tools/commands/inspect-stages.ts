import { readConfig, readFeatures } from "../../src/checkpoint/model-description.ts";
import { AudioError } from "../../src/errors.ts";
import type { FeatureConfig } from "../../src/features/feature-config.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { hadamardOrder } from "../../src/kernels/hadamard-order.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { readModel } from "../node/open-model.ts";
import { type AudioFile, readRawPcm } from "../node/read-audio-file.ts";

/** Numbers of one stage and their shape, row-major. */
export interface Stage {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

export interface PipelineOptions {
  readonly model: string;
  readonly padTo: "none" | "window";
  readonly weights: WeightsKind;
  readonly signal: AbortSignal;
}

/** A recording, or samples at the model's rate. */
export type Input = AudioFile | Float32Array;

/**
 * [melBins, frames], the layout of the reference. Needs no file of the model but its feature
 * extractor's. `melBins` undefined: as many as the model has.
 */
export async function inspectLogMel(
  kernels: Kernels,
  input: Input,
  melBins: number | undefined,
  { model, padTo, signal }: PipelineOptions,
): Promise<Stage> {
  const features = await readModel(model, { signal }, (source) => readFeatures(source, null));
  const config = melBins === undefined ? features : { ...features, melBins };
  const logMel = computeLogMel(kernels, await samplesOf(input, features), config, { padTo });
  const { frameCount, melBins: bins } = logMel;
  const timeMajor = kernels.heap.f32(logMel.pointer, frameCount * bins);
  return { values: transpose(timeMajor, frameCount, bins), shape: [bins, frameCount] };
}

/** The encoder's output, [positions, width]; or with `tokens` their logits, [tokens, vocabSize]. */
export async function inspectModel(
  kernels: Kernels,
  input: Input,
  tokens: readonly number[] | undefined,
  { model, padTo, weights, signal }: PipelineOptions,
): Promise<Stage> {
  const { features, config, encoder, decoder } = await readModel(
    model,
    { signal },
    async (source) => {
      const { config } = await readConfig(source);
      const features = await readFeatures(source, config);
      return { features, ...(await loadModel(kernels, source, config, { weights, signal })) };
    },
  );
  const logMel = computeLogMel(kernels, await samplesOf(input, features), features, { padTo });
  const audio = await encoder.encode(logMel.pointer, logMel.frameCount, async () => {
    signal.throwIfAborted();
  });
  if (tokens === undefined) {
    const shape = [audio.positions, config.width];
    return {
      values: kernels.heap.f32(audio.pointer, audio.positions * config.width).slice(),
      shape,
    };
  }
  const rows = new DecodingState(decoder, audio, { logitRows: tokens.length }).feed(
    tokens,
    tokens.map((_, i) => i),
  );
  const values = new Float32Array(rows.length * config.vocabSize);
  for (const [i, row] of rows.entries()) values.set(row.values, i * config.vocabSize);
  return { values, shape: [rows.length, config.vocabSize] };
}

/** The Hadamard transform of each row of n float32, orthonormal or, with `raw`, of entries ±1. */
export async function transformRows(
  kernels: Kernels,
  path: string,
  n: number,
  raw: boolean,
): Promise<Stage> {
  const input = await readRawPcm(path);
  if (input.length % n !== 0) {
    throw new AudioError(`${path}: expected rows of ${n} float32, found ${input.length} in all.`);
  }
  const rows = input.length / n;
  const data = kernels.heap.copyF32(input);
  kernels.hadamardRowsF32(data, rows, n);
  const scale = raw ? Math.sqrt(hadamardOrder(n)) : 1;
  return { values: kernels.heap.f32(data, input.length).map((x) => x * scale), shape: [rows, n] };
}

async function samplesOf(input: Input, { sampleRate }: FeatureConfig): Promise<Float32Array> {
  return input instanceof Float32Array ? input : input.decode(sampleRate);
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
