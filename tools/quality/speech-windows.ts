import { resample } from "../../src/audio/resample.ts";
import type { FeatureConfig } from "../../src/features/feature-config.ts";
import { quietFrame } from "../../src/transcription/quiet-cut.ts";
import { readAudioFile } from "../node/read-audio-file.ts";
import { type QualityRecording, recordingPath } from "./recordings.ts";

/** A stretch of a recording that one window of the model holds. */
export interface SpeechWindow {
  /** The file's name. */
  readonly recording: string;
  /** 1: as it was recorded; above it faster and higher. */
  readonly speed: number;
  /** Mono, at the model's sample rate. */
  readonly samples: Float32Array;
}

/**
 * Reads recordings from this machine and cuts them into windows, once for each speed: other speeds,
 * and with them other pitches, make more speech of what little is known to be held out.
 */
export async function readSpeechWindows(
  recordings: readonly QualityRecording[],
  features: FeatureConfig,
  speeds: readonly number[] = [1],
): Promise<SpeechWindow[]> {
  const { sampleRate } = features;
  const windows: SpeechWindow[] = [];
  for (const { file } of recordings) {
    const recorded = await readAudioFile(recordingPath(file), sampleRate);
    for (const speed of speeds) {
      const samples = resample(recorded, Math.round(sampleRate * speed), sampleRate);
      for (const part of cutAtPauses(samples, features)) {
        windows.push({ recording: file, speed, samples: part });
      }
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
