import { OptionError } from "../errors.ts";
import { type ErrorCounts, errorRate, referenceLength, totalErrors } from "./word-error-rate.ts";

export interface BootstrapOptions {
  /** Share of the resampled rates that lie within; default 0.95. */
  readonly confidence?: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** The same seed, the same interval; default 0. */
  readonly seed?: number;
}

/** Between which error rates the true one lies, with the confidence that was asked. */
export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Confidence interval of a corpus' error rate by bootstrap over its recordings (Bisani and Ney,
 * "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004): the
 * rate of as many recordings drawn with replacement, many times over; percentiles by nearest rank.
 * It knows nothing of speakers: recordings of one speaker are not independent, and their interval is
 * too narrow. A draw of empty references alone has no rate and is drawn again.
 *
 * @throws OptionError without recordings, where all references are empty, for a confidence outside
 *   0..1, or less than one resample
 */
export function bootstrapErrorRate(
  recordings: readonly ErrorCounts[],
  { confidence = 0.95, resamples = 1000, seed = 0 }: BootstrapOptions = {},
): ConfidenceInterval {
  check("recordings", recordings.length >= 1, "one or more", recordings.length);
  check("recordings", hasReference(recordings), "a reference that is not empty", "none");
  check("confidence", confidence > 0 && confidence < 1, "a number between 0 and 1", confidence);
  check(
    "resamples",
    Number.isInteger(resamples) && resamples >= 1,
    "a whole number from 1",
    resamples,
  );
  const random = seededRandom(seed);
  const rates = Float64Array.from({ length: resamples }, () => {
    let drawn: ErrorCounts[];
    do drawn = recordings.map(() => recordings[Math.floor(random() * recordings.length)]!);
    while (!hasReference(drawn));
    return errorRate(totalErrors(drawn));
  }).sort();
  // A little more, for 1 - 0.9 is less than 0.1.
  const tail = Math.floor(((1 - confidence) / 2) * resamples + 1e-9);
  return { low: rates[tail]!, high: rates[resamples - 1 - tail]! };
}

function hasReference(recordings: readonly ErrorCounts[]): boolean {
  return recordings.some((counts) => referenceLength(counts) > 0);
}

function check(option: string, holds: boolean, expected: string, found: number | string): void {
  if (holds) return;
  throw new OptionError(`${option}: expected ${expected}, found ${found}.`, { option, found });
}

/** Uniform in 0..1: mulberry32, a 32-bit generator by Tommy Ettinger. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
