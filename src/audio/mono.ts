import { AudioError } from "../errors.ts";
import { resample } from "./resample.ts";

/** Audio as a file holds it. */
export interface DecodedAudio {
  /** One array for each channel, all of one length, nominally -1..1. */
  readonly channels: readonly Float32Array[];
  /** Hz. */
  readonly sampleRate: number;
}

/** Samples over which it is found out whether channels cancel each other: a tenth of a second or so. */
const BLOCK = 4096;
/** Channels that have nothing to do with each other leave the mean as much as this is 1. */
const CANCELLED = 0.1;

/**
 * What the models hear: one channel at their sample rate. It is the mean of all, but where channels of
 * opposite phase cancel each other the loudest of them.
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
  return resample(checkSamples(mix(audio.channels)), audio.sampleRate, sampleRate);
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

function mix(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels as [Float32Array, ...Float32Array[]];
  if (others.length === 0) return first;
  const mean = first.map((value, i) => {
    let sum = value;
    for (const channel of others) sum += channel[i]!;
    return sum / channels.length;
  });
  const energies = channels.map((channel) => energyOf(channel, 0, channel.length));
  const loudest = channels[energies.indexOf(Math.max(...energies))]!;
  // From one to the other in a block, so that nothing clicks.
  let share = 0;
  for (let from = 0; from < mean.length; from += BLOCK) {
    const to = Math.min(mean.length, from + BLOCK);
    const separate = channels.reduce((sum, channel) => sum + energyOf(channel, from, to), 0);
    const left = energyOf(mean, from, to) * channels.length ** 2;
    const next = left < CANCELLED * separate ? 1 : 0;
    for (let i = from; i < to && share + next > 0; i++) {
      const own = share + ((next - share) * (i - from)) / BLOCK;
      mean[i] = (1 - own) * mean[i]! + own * loudest[i]!;
    }
    share = next;
  }
  return mean;
}

function energyOf(samples: Float32Array, from: number, to: number): number {
  let energy = 0;
  for (let i = from; i < to; i++) energy += samples[i]! ** 2;
  return energy;
}
