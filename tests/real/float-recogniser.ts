import { instantiateKernels } from "../../src/kernels/kernels.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import type { Transcript } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { recordingPath } from "../../tools/quality/recordings.ts";

/** Hears a recording by its file name. */
export type Hear = (recording: string, options?: DecodingOptions) => Promise<Transcript>;

/** Base is 290 MB of float32, and the machine may be busy. */
export const LOADING_SECONDS = 60;

/** A model in float32, on kernels that compute the same on every machine, at temperature 0. */
export async function hearInFloat(folder: string): Promise<Hear> {
  const kernels = await instantiateKernels(nodeHost, { threads: 2, build: "plain" });
  const source = openModelFolder(folder);
  const recogniser = await loadRecogniser(kernels, source, { weights: "f32" });
  return async (recording, options) => {
    const samples = await readAudioFile(recordingPath(recording), recogniser.facts.sampleRate);
    return recogniser.transcribe(samples, { temperature: 0, ...options });
  };
}
