import { roundHalfToEven } from "../decoding/round-half-to-even.ts";
import { OptionError } from "../errors.ts";

/** A stretch of a recording that is to be recognised, in log-mel frames: [start, end). */
export interface Clip {
  readonly start: number;
  readonly end: number;
}

/**
 * The clips that `clipTimestamps` names: start, end, start, end, ... in seconds, the last end
 * perhaps missing; the whole recording where none are named. They end with the recording.
 *
 * @throws OptionError for a time that is negative or no number, or an end before its start
 */
export function seekClips(
  clipTimestamps: readonly number[] | undefined,
  { contentFrames, framesPerSecond }: { contentFrames: number; framesPerSecond: number },
): Clip[] {
  checkClipTimestamps(clipTimestamps);
  const points = (clipTimestamps ?? []).map((time) => roundHalfToEven(time * framesPerSecond));
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(contentFrames);
  const within = (frame: number) => Math.min(frame, contentFrames);
  return Array.from({ length: points.length / 2 }, (_, i) => {
    return { start: within(points[2 * i]!), end: within(points[2 * i + 1]!) };
  });
}

/** @throws OptionError as seekClips does, before the recording is known */
export function checkClipTimestamps(clipTimestamps: readonly number[] = []): void {
  for (const [i, time] of clipTimestamps.entries()) {
    const least = i % 2 === 1 ? clipTimestamps[i - 1]! : 0;
    if (Number.isFinite(time) && time >= least) continue;
    const expected = "start, end, start, end, ... in seconds from 0, no end before its start";
    const found = clipTimestamps.join(", ");
    throw new OptionError(`clipTimestamps: expected ${expected}; found ${found}.`, {
      expected,
      found,
    });
  }
}
