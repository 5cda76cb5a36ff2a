import type { FeatureConfig } from "../../src/features/feature-config.ts";
import { quietFrame } from "../../src/transcription/quiet-cut.ts";
import { readAudioFile } from "../node/read-audio-file.ts";
import { type QualityRecording, recordingPath } from "./recordings.ts";

/** A stretch of a recording that one window of the model holds. */
export interface SpeechWindow {
  /** The file's name. */
  readonly recording: string;
  /** Mono, at the model's sample rate. */
  readonly samples: Float32Array;
}

/** Reads recordings from this machine and cuts them into windows. */
export async function readSpeechWindows(
  recordings: readonly QualityRecording[],
  features: FeatureConfig,
): Promise<SpeechWindow[]> {
  const windows: SpeechWindow[] = [];
  for (const { file } of recordings) {
    const samples = await readAudioFile(recordingPath(file), features.sampleRate);
    for (const part of cutAtPauses(samples, features)) {
      windows.push({ recording: file, samples: part });
    }
  }
  return windows;
}

/** Parts of at most a window, cut at the longest pause of the second half of each. */
export function cutAtPauses(samples: Float32Array, features: FeatureConfig): Float32Array[] {
  const { hopLength, windowFrames, windowSamples } = features;
  const parts: Float32Array[] = [];
  let rest = samples;
  while (rest.length > windowSamples) {
    const at = quietFrame(rest, features, Math.ceil(windowFrames / 2), windowFrames) * hopLength;
    parts.push(rest.subarray(0, at));
    rest = rest.subarray(at);
  }
  return [...parts, rest];
}
