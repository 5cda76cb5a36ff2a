/** The element's state in words and numbers for people. */

import {
  AudioError,
  DownloadError,
  EngineError,
  FwhisperError,
  MemoryLimitError,
  ModelError,
  OptionError,
  StorageError,
  TokenizerError,
} from "../errors.ts";
import { formatBytes } from "../formats/bytes.ts";
import type { ModelInfo } from "../model-info.ts";
import type { Timing } from "../results.ts";
import type { Activity, Failure, FileProgress } from "./state.ts";

export interface Status {
  readonly text: string;
  /** 0..1 for the progress bar, null where the end is not known; absent: no bar. */
  readonly fraction?: number | null;
}

export function describeActivity(activity: Activity): Status {
  switch (activity.phase) {
    case "idle":
      return { text: "" };
    case "loading":
      return activity.file === null
        ? { text: "Loading the model …", fraction: null }
        : describeFile(activity.file);
    case "asking":
      return { text: "Waiting for permission to use the microphone …" };
    case "recording":
      return { text: `Recording: ${activity.seconds.toFixed(0)} s` };
    case "finishing":
      return { text: "Recognising the rest …", fraction: null };
    case "transcribing": {
      const { fraction, doneSeconds, totalSeconds } = activity;
      const seconds = `${doneSeconds.toFixed(0)} s of ${totalSeconds.toFixed(0)} s`;
      return { text: totalSeconds > 0 ? `Transcribing: ${seconds}` : "Transcribing …", fraction };
    }
  }
}

function describeFile({ file, loadedBytes, totalBytes, cached }: FileProgress): Status {
  const total = totalBytes === null ? "" : ` of ${formatBytes(totalBytes)}`;
  const origin = cached ? "kept in this browser" : "downloading";
  return {
    text: `Loading the model: ${file}, ${formatBytes(loadedBytes)}${total} (${origin})`,
    fraction: totalBytes === null || totalBytes === 0 ? null : loadedBytes / totalBytes,
  };
}

/** What a loaded model can do, in one line. */
export function describeModel(model: ModelInfo | null): string {
  if (model === null) return "Loaded when first used.";
  const threads = model.threads === 1 ? "1 thread" : `${model.threads} threads`;
  const languages = model.isMultilingual ? `, ${model.languages.length} languages` : "";
  return `Ready: ${model.weights} weights, ${threads}${languages}.`;
}

/** How long recognition took, against how long the audio is. */
export function describeTiming(timing: Timing, duration: number): string {
  const work = timing.features + timing.encode + timing.decode;
  return (
    `${duration.toFixed(1)} s of audio in ${work.toFixed(2)} s: ` +
    `real-time factor ${timing.realTimeFactor.toFixed(3)}`
  );
}

/** Loudness for the level meter: -60 dB of full scale and below is 0, full scale 1. */
export function meterFraction(level: number): number {
  return Math.min(1, Math.max(0, 1 + (20 * Math.log10(level)) / 60));
}

const titles: readonly (readonly [typeof FwhisperError, string])[] = [
  [AudioError, "This audio cannot be used"],
  [DownloadError, "The download failed"],
  [ModelError, "This model cannot be used"],
  [TokenizerError, "This model cannot be used"],
  [OptionError, "That cannot be done"],
  [MemoryLimitError, "This model is too large for this device"],
  [StorageError, "This browser's storage failed"],
  [EngineError, "The engine stopped"],
];

/** Words for whatever was thrown. Our own errors say what to do; others get that added. */
export function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof FwhisperError)) {
    return {
      title: "Something unexpected happened",
      message: `${message || "No reason was given"}. Reload the page and try again.`,
    };
  }
  const [, title = "That did not work"] = titles.find(([kind]) => error instanceof kind) ?? [];
  return { title, message };
}
