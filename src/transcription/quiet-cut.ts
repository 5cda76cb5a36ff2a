/** Where to cut a recording for a model whose output does not tell where a segment ends. */

import type { FeatureConfig } from "../features/feature-config.ts";

/** Seconds over which loudness is averaged: longer than the gaps within a word. */
const AVERAGE = 0.3;
/** What is at most so many times as loud as the quietest moment is as quiet: 3 dB. */
const AS_QUIET = 2;
/** What is less than this share of the loudest moment is quiet too: 40 dB. */
const INAUDIBLE = 1e-4;
/** A pause this long ends an utterance, seconds. */
const PAUSE = 1;
/** Kept around an utterance, seconds. */
const MARGIN = 0.25;

/** Frames [start, end). */
export interface FrameRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The frame between `first` and `last` at which a recording is best cut in two: the middle of the
 * longest stretch that is about as quiet as the quietest moment.
 *
 * @param samples mono, at config.sampleRate
 */
export function quietFrame(
  samples: Float32Array,
  config: FeatureConfig,
  first: number,
  last: number,
): number {
  const pauses = findPauses(averageLoudness(samples, config, first, last + 1));
  const length = ({ start, end }: FrameRange) => end - start;
  // Of equals the later: windows as long as can be.
  const longest = pauses.reduce((best, pause) => (length(pause) < length(best) ? best : pause));
  return first + Math.min(last - first, longest.start + Math.floor(length(longest) / 2));
}

/** The same for a range: in the middle half of it. */
export function quietMiddle(
  samples: Float32Array,
  config: FeatureConfig,
  { start, end }: FrameRange,
): number {
  const quarter = (end - start) / 4;
  const first = start + Math.ceil(quarter);
  return quietFrame(samples, config, first, start + Math.floor(3 * quarter));
}

/**
 * The next stretch of sound within `range`: up to a pause of a second or to the end. Where there is
 * neither before `most` frames are over, up to the quietest place in their second half. Silence
 * before and after it is left out, but for a little; a range without sound is one stretch.
 */
export function nextUtterance(
  samples: Float32Array,
  config: FeatureConfig,
  { start, end }: FrameRange,
  most: number,
): FrameRange {
  const framesPerSecond = config.sampleRate / config.hopLength;
  const margin = Math.round(MARGIN * framesPerSecond);
  const opening = Math.min(end, start + most);
  const [first] = findPauses(averageLoudness(samples, config, start, opening));
  const silence = first?.start === 0 ? first.end : 0;
  if (silence === opening - start) return { start, end: opening };

  const from = start + Math.max(0, silence - margin);
  const limit = Math.min(end, from + most);
  const pause = findPauses(averageLoudness(samples, config, from, limit)).find((pause) => {
    const isLong = pause.end - pause.start >= PAUSE * framesPerSecond;
    return pause.start > 0 && (isLong || from + pause.end === end);
  });
  if (pause) return { start: from, end: Math.min(limit, from + pause.start + margin) };
  if (limit === end) return { start: from, end };
  const half = from + Math.ceil(most / 2);
  return { start: from, end: quietFrame(samples, config, half, limit) };
}

/** Quiet stretches, in their order; at least the quietest moment. */
function findPauses(loudness: Float64Array): FrameRange[] {
  let [quietest, loudest] = [Infinity, 0];
  for (const value of loudness) {
    quietest = Math.min(quietest, value);
    loudest = Math.max(loudest, value);
  }
  const threshold = Math.max(AS_QUIET * quietest, INAUDIBLE * loudest);
  const pauses: { start: number; end: number }[] = [];
  for (const [i, value] of loudness.entries()) {
    if (value > threshold) continue;
    const last = pauses.at(-1);
    if (last?.end === i) last.end = i + 1;
    else pauses.push({ start: i, end: i + 1 });
  }
  return pauses;
}

/** Mean energy around each of the frames [from, to), of what the recording has of it. */
function averageLoudness(
  samples: Float32Array,
  { sampleRate, hopLength }: FeatureConfig,
  from: number,
  to: number,
): Float64Array {
  const half = Math.max(1, Math.round((AVERAGE * sampleRate) / hopLength / 2));
  const within = (frame: number) => Math.max(0, Math.min(samples.length, frame * hopLength));
  /** Running sums of energies from frame `from - half` on, in double precision. */
  const sums = new Float64Array(to - from + 2 * half + 1);
  for (let i = 1; i < sums.length; i++) {
    const end = within(from - half + i);
    let energy = 0;
    for (let at = within(from - half + i - 1); at < end; at++) energy += samples[at]! ** 2;
    sums[i] = sums[i - 1]! + energy;
  }
  return Float64Array.from({ length: to - from }, (_, i) => {
    const count = within(from + i + half) - within(from + i - half);
    return (sums[i + 2 * half]! - sums[i]!) / Math.max(1, count);
  });
}
