import { normaliseBasic } from "../../src/metrics/basic-normaliser.ts";
import { bootstrapErrorRate, type ConfidenceInterval } from "../../src/metrics/bootstrap.ts";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import {
  countErrors,
  type ErrorCounts,
  errorRate,
  splitWords,
  totalErrors,
} from "../../src/metrics/word-error-rate.ts";
import type { GreedyText } from "./greedy-text.ts";
import type { QualityRecording } from "./recordings.ts";

/** An error rate over several texts, and what it is made of. */
export interface RateOfWords {
  /** Errors over words of the reference. */
  readonly rate: number;
  readonly errors: ErrorCounts;
}

/**
 * Words of a model's texts that differ from the reference's texts of the same windows, in lower case
 * and without punctuation (Whisper's basic normaliser): what rounding does to text, on speech whose
 * words nobody knows.
 */
export function countDifferences(
  reference: readonly GreedyText[],
  found: readonly GreedyText[],
): RateOfWords {
  const words = (text: string) => splitWords(normaliseBasic(text));
  const errors = totalErrors(
    reference.map(({ text }, i) => countErrors(words(text), words(found[i]!.text))),
  );
  return { rate: errorRate(errors), errors };
}

/**
 * Word error rate where the words spoken are known, after Whisper's English normaliser, with its 95 %
 * interval over recordings; null where no words are.
 */
export function countWordErrors(
  recordings: readonly QualityRecording[],
  found: readonly GreedyText[],
): (RateOfWords & { readonly interval: ConfidenceInterval }) | null {
  const words = (text: string) => splitWords(normaliseEnglish(text));
  const counts = recordings.flatMap(({ file, words: spoken }) => {
    const windows = found.filter(({ recording }) => recording === file);
    if (spoken === undefined || windows.length === 0) return [];
    const text = windows.map(({ text }) => text).join(" ");
    return [countErrors(words(spoken), words(text))];
  });
  if (counts.length === 0) return null;
  const errors = totalErrors(counts);
  return { rate: errorRate(errors), errors, interval: bootstrapErrorRate(counts) };
}
