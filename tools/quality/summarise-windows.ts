import type { ComparedWindow } from "./compare-windows.ts";
import { countDifferences, type WordRate } from "./word-differences.ts";

/** How far a model is from the reference over several windows. */
export interface QualitySummary {
  /** The encoder's output to what it misses the reference by, dB. */
  readonly encoderSnr: number;
  /** Mean KL(reference || model) of the next token, nats. */
  readonly klDivergence: number;
  /** Tokens in whose place the two think another one likeliest. */
  readonly flips: number;
  /** That the two means are over. */
  readonly tokens: number;
  /** Words that differ from the reference's text. */
  readonly differing: WordRate;
}

/** Every token, every word and every position counts alike, whatever window it is of. */
export function summariseWindows(windows: readonly ComparedWindow[]): QualitySummary {
  const sum = (of: (window: ComparedWindow) => number) => {
    return windows.reduce((total, window) => total + of(window), 0);
  };
  const tokens = sum(({ divergences }) => divergences.length);
  const divergence = sum(({ divergences }) => divergences.reduce((a, b) => a + b, 0));
  return {
    encoderSnr: 10 * Math.log10(sum(({ signal }) => signal) / sum(({ noise }) => noise)),
    klDivergence: divergence / tokens,
    flips: sum(({ flips }) => flips),
    tokens,
    differing: countDifferences(windows),
  };
}
