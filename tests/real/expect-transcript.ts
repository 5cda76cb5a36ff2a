import { expect } from "vitest";
import type { Transcript, Word } from "../../src/results.ts";
import type { ReferenceTranscript, ReferenceWord } from "./reference-transcripts.ts";

/**
 * Seconds. Word times are whole positions of the encoder, 0.02 s: where two paths of the alignment cost
 * nearly the same, float32's order of summing decides which is taken, and a word's edge is one or two
 * positions off.
 */
const WORD_SECONDS = 0.0401;
/** Probabilities and their logarithms differ by what the order of summing and the resampler change. */
const PROBABILITY = 5e-3;

/** The same tokens and segments, and times of words where the reference has them. */
export function expectTranscript(found: Transcript, expected: ReferenceTranscript): void {
  expect(found.segments.map(({ text }) => text)).toEqual(expected.segments.map(({ text }) => text));
  const place = ({ seek, tokens }: { seek: number; tokens: readonly number[] }) => {
    return { seek, tokens };
  };
  expect(found.segments.map(place)).toEqual(expected.segments.map(place));
  for (const [i, segment] of expected.segments.entries()) {
    const { start, end, avgLogProb, noSpeechProb, words } = found.segments[i]!;
    // Segments with words begin and end with them.
    const seconds = segment.words === undefined ? 1e-6 : WORD_SECONDS;
    expectNear(start, segment.start, seconds, `start of segment ${i}`);
    // The reference lets segments end behind the audio.
    const last = Math.min(segment.end, found.duration);
    expectNear(end, last, seconds, `end of segment ${i}`);
    expectNear(avgLogProb, segment.avg_logprob, PROBABILITY, `avg_logprob of ${i}`);
    expectNear(noSpeechProb, segment.no_speech_prob, PROBABILITY, `no_speech_prob of ${i}`);
    if (segment.words !== undefined) expectWords(words ?? [], segment.words);
  }
}

/** The same words, their times within two positions of the encoder. */
function expectWords(found: readonly Word[], expected: readonly ReferenceWord[]): void {
  expect(found.map(({ word }) => word)).toEqual(expected.map(({ word }) => word));
  for (const [i, { word, start, end, probability }] of expected.entries()) {
    expectNear(found[i]!.start, start, WORD_SECONDS, `start of${word}`);
    expectNear(found[i]!.end, end, WORD_SECONDS, `end of${word}`);
    expectNear(found[i]!.probability, probability, PROBABILITY, `probability of${word}`);
  }
}

/** Every language that the reference names is as probable. */
export function expectLanguages(
  found: Transcript["languageProbabilities"],
  expected: Readonly<Record<string, number>>,
): void {
  for (const [language, probability] of Object.entries(expected)) {
    expectNear(found?.[language] ?? Number.NaN, probability, 1e-4, language);
  }
}

function expectNear(found: number, expected: number, tolerance: number, what: string): void {
  expect(Math.abs(found - expected), `${what}: ${found}, expected ${expected}`).toBeLessThan(
    tolerance,
  );
}
