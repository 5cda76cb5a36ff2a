import type { ResolvedOptions } from "../options/option-table.ts";
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
export function planAttempts(options: ResolvedOptions): Attempt[] {
  const { temperature, beamSize, patience, bestOf } = options;
  const temperatures = typeof temperature === "number" ? [temperature] : temperature;
  return temperatures.map((each): Attempt => {
    if (each > 0) return { search: "sampling", temperature: each, samples: bestOf };
    if (beamSize === undefined) return { search: "greedy", temperature: 0 };
    // max_candidates (whisper/decoding.py)
    const mostFinished = roundHalfToEven(beamSize * patience);
    return { search: "beam", temperature: 0, beamSize, mostFinished };
  });
}

/** Sequences that an attempt decodes side by side. */
export function sequencesOf(attempt: Attempt): number {
  if (attempt.search === "greedy") return 1;
  return attempt.search === "beam" ? attempt.beamSize : attempt.samples;
}
