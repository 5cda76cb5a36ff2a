/** What of a recording is recognised: all of it, the clips that were asked for, or where somebody speaks. */
import { roundHalfToEven } from "../decoding/round-half-to-even.ts";
import type { FeatureConfig } from "../features/feature-config.ts";
import { type ResolvedOptions, voiceActivityOptions } from "../options/option-table.ts";
import { detectSpeech } from "../vad/voice-activity.ts";
import { groupStretches, type SpeechWindow } from "./speech-windows.ts";

/** A stretch of a recording that the seek loop goes through; it is not empty. */
export interface Stretch {
  /** Log-mel frames [start, end) of the recording, or of `speech`. */
  readonly start: number;
  readonly end: number;
  /** Speech whose frames and times are its own; null: they are the recording's. */
  readonly speech: SpeechWindow | null;
}

/**
 * The stretches that options ask for, in their order; none where nobody speaks.
 *
 * @param samples the recording
 * @param isTrimmed whether the encoder sees the audio alone, without silence up to a whole window
 */
export function findStretches(
  samples: Float32Array,
  { voiceActivity, clipTimestamps }: ResolvedOptions,
  features: FeatureConfig,
  isTrimmed: boolean,
): Stretch[] {
  if (voiceActivity === false) return findClips(clipTimestamps, samples.length, features);
  const detection = voiceActivity === true ? {} : voiceActivity;
  const { padding = voiceActivityOptions.padding.default } = detection;
  const spoken = detectSpeech(samples, features.sampleRate, detection);
  const group = (together: typeof spoken) => groupStretches(samples, together, features, padding);
  // Where the encoder sees the audio alone, short windows cost no more than long ones.
  const windows = isTrimmed ? spoken.flatMap((stretch) => group([stretch])) : group(spoken);
  return windows
    .map((speech) => ({ start: 0, end: Math.floor(speech.length / features.hopLength), speech }))
    .filter(isFilled);
}

/**
 * The clips that `clipTimestamps` names: start, end, start, end, ... in seconds, the last end perhaps
 * missing; the whole recording where none are named. They end with the recording.
 */
export function findClips(
  clipTimestamps: readonly number[] = [],
  sampleCount: number,
  { sampleRate, hopLength }: Pick<FeatureConfig, "sampleRate" | "hopLength">,
): Stretch[] {
  const contentFrames = Math.floor(sampleCount / hopLength);
  const frames = clipTimestamps.map((time) => {
    return Math.min(roundHalfToEven(time * (sampleRate / hopLength)), contentFrames);
  });
  if (frames.length === 0) frames.push(0);
  if (frames.length % 2 === 1) frames.push(contentFrames);
  return Array.from({ length: frames.length / 2 }, (_, i) => {
    return { start: frames[2 * i]!, end: frames[2 * i + 1]!, speech: null };
  }).filter(isFilled);
}

function isFilled({ start, end }: Stretch): boolean {
  return end > start;
}
