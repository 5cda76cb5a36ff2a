import { MemoryLimitError } from "../../src/errors.ts";
import { instantiateKernels, type Kernels } from "../../src/kernels/kernels.ts";
import type { ModelConfig } from "../../src/model/model-config.ts";
import type { ModelSource } from "../../src/model/model-source.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { nodeHost } from "../node/kernels.ts";
import type { AudioFile } from "../node/read-audio-file.ts";
import { InputStatistics } from "./input-statistics.ts";
import { linearLayers } from "./linear-layers.ts";

/** What the layers of a model saw of some recordings. */
export interface Calibration {
  readonly statistics: InputStatistics;
  readonly recordings: number;
  readonly seconds: number;
}

/**
 * Transcribes recordings with the model in float32 and adds up what its linear layers see. Recordings
 * longer than the model's window are cut into windows. The source's weights are read once for it, and
 * again for the recast.
 *
 * Memory: the model in float32, and width^2 / 2 numbers for each input: 0.1 GB in all for tiny, 2 GB for
 * large-v3-turbo.
 *
 * @param kernels for the sums; the model gets kernels of its own, which are thrown away afterwards
 * @throws ModelError, MemoryLimitError when the model does not fit in float32, AudioError
 */
export async function calibrate(
  kernels: Kernels,
  source: ModelSource,
  config: ModelConfig,
  files: readonly AudioFile[],
  { signal, onProgress }: { signal: AbortSignal; onProgress: (text: string) => void },
): Promise<Calibration> {
  const statistics = new InputStatistics(kernels);
  const widths = new Map(linearLayers(config).map(({ name, inputWidth }) => [name, inputWidth]));
  const modelKernels = await instantiateKernels(nodeHost);
  try {
    const recogniser = await loadRecogniser(modelKernels, source, {
      weights: "f32",
      signal,
      observe: (layers, input, rows) => {
        const values = modelKernels.heap.f32(input, rows * widths.get(layers[0]!)!);
        statistics.add(layers, values, rows);
      },
    });
    const { sampleRate, windowDuration } = recogniser.facts;
    const windowSamples = Math.floor(windowDuration * sampleRate);
    let sampleCount = 0;
    for (const [index, file] of files.entries()) {
      onProgress(`calibrate: recording ${index + 1} of ${files.length}`);
      const samples = await file.decode(sampleRate);
      for (let at = 0; at < samples.length; at += windowSamples) {
        await recogniser.transcribe(samples.subarray(at, at + windowSamples), {}, { signal });
      }
      sampleCount += samples.length;
    }
    return { statistics, recordings: files.length, seconds: sampleCount / sampleRate };
  } catch (error) {
    if (!(error instanceof MemoryLimitError)) throw error;
    throw new MemoryLimitError(
      `${source.name} does not fit into memory in float32, which calibration needs. Recast it without --calibrate.`,
      error.details,
      { cause: error },
    );
  } finally {
    modelKernels.dispose();
  }
}
