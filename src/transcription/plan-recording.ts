import type { ModelDescription } from "../checkpoint/model-description.ts";
import { detectSpeech, voiceActivityDefaults } from "../vad/voice-activity.ts";
import { type Clip, seekClips } from "./seek-clips.ts";
import { groupStretches, type SpeechWindow } from "./speech-windows.ts";
import type { WindowListener } from "./window-listener.ts";

/** How a recording is gone through. */
export type RecordingPlan =
  /** As the one window it is. */
  | { readonly kind: "window" }
  /** Clip after clip. */
  | { readonly kind: "clips"; readonly clips: readonly Clip[] }
  /** Windows of speech, several together. */
  | {
      readonly kind: "speech";
      readonly windows: readonly SpeechWindow[];
      readonly batchSize: number;
    };

/**
 * Short audio is one window where no times are asked for. Segments and words, and clips that were asked
 * for, are the seek loop's at any length.
 *
 * @throws OptionError for clips or a detector that are impossible
 */
export function planRecording(
  { options, loaded, isTrimmed }: WindowListener,
  samples: Float32Array,
): RecordingPlan {
  const { timestamps = "none", clipTimestamps, voiceActivity = false, batchSize = 1 } = options;
  const { features } = loaded.description;
  const { windowSamples, hopLength, sampleRate } = features;
  if (voiceActivity === false) {
    const isLong = samples.length > windowSamples;
    if (!isLong && timestamps === "none" && clipTimestamps === undefined) return { kind: "window" };
    const clips = seekClips(clipTimestamps, {
      contentFrames: Math.floor(samples.length / hopLength),
      framesPerSecond: sampleRate / hopLength,
    });
    return { kind: "clips", clips };
  }
  const detection = voiceActivity === true ? {} : voiceActivity;
  const stretches = detectSpeech(samples, sampleRate, detection);
  const { padding = voiceActivityDefaults.padding } = detection;
  const group = (together: typeof stretches) => {
    return groupStretches(samples, together, features, padding);
  };
  // Where the encoder hears the audio alone, short windows cost no more than long ones.
  const grouped = isTrimmed ? stretches.flatMap((stretch) => group([stretch])) : group(stretches);
  // What is shorter than a frame says nothing.
  const windows = grouped.filter(({ length }) => length >= hopLength);
  return windows.length > 0 ? { kind: "speech", windows, batchSize } : { kind: "clips", clips: [] };
}

/** Seconds of audio that will be recognised. */
export function plannedSeconds(
  plan: RecordingPlan,
  samples: Float32Array,
  { features: { sampleRate, hopLength } }: ModelDescription,
): number {
  const sum = (lengths: readonly number[]) => lengths.reduce((total, length) => total + length, 0);
  switch (plan.kind) {
    case "window":
      return samples.length / sampleRate;
    case "clips":
      return (sum(plan.clips.map(({ start, end }) => end - start)) * hopLength) / sampleRate;
    case "speech":
      return sum(plan.windows.map(({ length }) => length)) / sampleRate;
  }
}
