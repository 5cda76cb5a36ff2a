import { normaliseBasic } from "../../src/metrics/basic-normaliser.ts";
import { bootstrapErrorRate, type ConfidenceInterval } from "../../src/metrics/bootstrap.ts";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import {
  countErrors,
  type ErrorCounts,
  errorRate,
  referenceLength,
  splitWords,
  totalErrors,
} from "../../src/metrics/word-error-rate.ts";
import type { QualityRecording } from "./recordings.ts";

/** An error rate over several texts, and what it is made of. */
export interface WordRate {
  /** Errors over words. */
  readonly rate: number;
  readonly errors: number;
  /** Of the reference. */
  readonly words: number;
}

/** What a model says of a window, and what the model that it is compared with says. */
interface TextOfWindow {
  readonly recording: string;
  readonly text: string;
  readonly expectedText: string;
}

/**
 * Words of a model's texts that differ from the reference's texts of the same windows, in lower case
 * and without punctuation (Whisper's basic normaliser): what rounding does to text, on speech whose
 * words nobody knows.
 */
export function countDifferences(windows: readonly TextOfWindow[]): WordRate {
  const words = (text: string) => splitWords(normaliseBasic(text));
  return rateOf(
    windows.map(({ text, expectedText }) => countErrors(words(expectedText), words(text))),
  );
}

/**
 * Word error rate where the words spoken are known, after Whisper's English normaliser, with its 95 %
 * interval over recordings; null where no words are.
 *
 * @param windows at one speed
 */
export function countWordErrors(
  recordings: readonly QualityRecording[],
  windows: readonly TextOfWindow[],
): (WordRate & { readonly interval: ConfidenceInterval }) | null {
  const words = (text: string) => splitWords(normaliseEnglish(text));
  const counts = recordings.flatMap(({ file, words: spoken }) => {
    const parts = windows.filter(({ recording }) => recording === file);
    if (spoken === undefined || parts.length === 0) return [];
    const text = parts.map(({ text }) => text).join(" ");
    return [countErrors(words(spoken), words(text))];
  });
  if (counts.length === 0) return null;
  return { ...rateOf(counts), interval: bootstrapErrorRate(counts) };
}

function rateOf(texts: readonly ErrorCounts[]): WordRate {
  const total = totalErrors(texts);
  const { substitutions, deletions, insertions } = total;
  const errors = substitutions + deletions + insertions;
  return { rate: errorRate(total), errors, words: referenceLength(total) };
}
