import type { DecodingOptions } from "../options/options.ts";
import { roundHalfToEven } from "./round-half-to-even.ts";

/** How a window's text is searched for at one temperature. */
export type Attempt =
  | { readonly search: "greedy"; readonly temperature: 0 }
  | {
      readonly search: "beam";
      readonly temperature: 0;
      readonly beamSize: number;
      /** Hypotheses that end the search when they are finished. */
      readonly mostFinished: number;
    }
  | { readonly search: "sampling"; readonly temperature: number; readonly samples: number };

/**
 * The attempts that options ask for, in their order (whisper/transcribe.py, decode_with_fallback):
 * beamSize and patience count at temperature 0, bestOf above.
 */
export function planAttempts(options: DecodingOptions): Attempt[] {
  const { temperature = 0, beamSize, patience = 1, bestOf = 1 } = options;
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  return temperatures.map((each): Attempt => {
    if (each > 0) return { search: "sampling", temperature: each, samples: bestOf };
    if (beamSize === undefined) return { search: "greedy", temperature: 0 };
    return {
      search: "beam",
      temperature: 0,
      beamSize,
      mostFinished: finishedHypotheses(beamSize, patience),
    };
  });
}

/** Sequences that an attempt decodes side by side. */
export function sequencesOf(attempt: Attempt): number {
  if (attempt.search === "greedy") return 1;
  return attempt.search === "beam" ? attempt.beamSize : attempt.samples;
}

/** Hypotheses that a beam search waits for (whisper/decoding.py, max_candidates). */
export function finishedHypotheses(beamSize: number, patience: number): number {
  return roundHalfToEven(beamSize * patience);
}
