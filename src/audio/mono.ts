import { AudioError } from "../errors.ts";
import { resample } from "./resample.ts";

/** Audio as a file holds it. */
export interface DecodedAudio {
  /** One array for each channel, all of one length, nominally -1..1. */
  readonly channels: readonly Float32Array[];
  /** Hz. */
  readonly sampleRate: number;
}

/**
 * What the models hear: one channel (the mean of all) at their sample rate.
 * @throws {AudioError} No channels, no samples, channels of different lengths, or a sample that is
 * not finite.
 */
export function toMono(audio: DecodedAudio, sampleRate: number): Float32Array {
  const [first, ...others] = audio.channels;
  if (!first) {
    throw new AudioError("The audio has no channels: expected one or more. Is the file damaged?");
  }
  if (others.some((channel) => channel.length !== first.length)) {
    throw new AudioError("The channels of the audio have different lengths: the file is damaged.");
  }
  return resample(checkSamples(meanOf(first, others)), audio.sampleRate, sampleRate);
}

/**
 * Passes mono samples on as they are.
 * @throws {AudioError} There are none, or one is not finite.
 */
export function checkSamples(samples: Float32Array): Float32Array {
  if (samples.length === 0) {
    throw new AudioError("The audio is empty: expected at least one sample.");
  }
  // Not findIndex: a callback for each of millions of samples.
  for (let i = 0; i < samples.length; i++) {
    if (!Number.isFinite(samples[i])) {
      throw new AudioError(
        `Sample ${i} of the audio is ${samples[i]}: expected finite numbers, nominally -1 to 1. Whatever wrote this audio divided by zero or overflowed.`,
        { index: i },
      );
    }
  }
  return samples;
}

function meanOf(first: Float32Array, others: readonly Float32Array[]): Float32Array {
  if (others.length === 0) return first;
  return first.map((value, i) => {
    let sum = value;
    for (const channel of others) sum += channel[i]!;
    return sum / (others.length + 1);
  });
}
