import { describe, expect, it } from "vitest";
import {
  characterErrorRate,
  countErrors,
  type ErrorCounts,
  errorRate,
  referenceLength,
  splitWords,
  totalErrors,
  wordErrorRate,
} from "../../src/metrics/word-error-rate.ts";
import { seededRandom } from "../fixtures/random.ts";

const counts = (
  hits: number,
  substitutions: number,
  deletions: number,
  insertions: number,
): ErrorCounts => ({ hits, substitutions, deletions, insertions });

/** The specification: every alignment, the best by fewest errors and then by most hits. */
function naiveCounts(reference: readonly number[], hypothesis: readonly number[]): ErrorCounts {
  const [unit, ...laterReference] = reference;
  const [answer, ...laterHypothesis] = hypothesis;
  if (unit === undefined) return counts(0, 0, 0, hypothesis.length);
  if (answer === undefined) return counts(0, 0, reference.length, 0);
  const together = naiveCounts(laterReference, laterHypothesis);
  const deleted = naiveCounts(laterReference, hypothesis);
  const inserted = naiveCounts(reference, laterHypothesis);
  const alignments = [
    unit === answer
      ? { ...together, hits: together.hits + 1 }
      : { ...together, substitutions: together.substitutions + 1 },
    { ...deleted, deletions: deleted.deletions + 1 },
    { ...inserted, insertions: inserted.insertions + 1 },
  ];
  const errors = (c: ErrorCounts) => c.substitutions + c.deletions + c.insertions;
  return alignments.toSorted((a, b) => errors(a) - errors(b) || b.hits - a.hits)[0]!;
}

describe("countErrors", () => {
  it.each<[string, string, ErrorCounts]>([
    ["", "", counts(0, 0, 0, 0)],
    ["one two", "", counts(0, 0, 2, 0)],
    ["", "one two three", counts(0, 0, 0, 3)],
    ["one two three", "one two three", counts(3, 0, 0, 0)],
    ["one two three", "one too three", counts(2, 1, 0, 0)],
    ["one two three", "one three", counts(2, 0, 1, 0)],
    ["one three", "one two three", counts(2, 0, 0, 1)],
    ["one two three four", "two tree four five", counts(2, 1, 1, 1)],
    ["one two", "two three", counts(1, 0, 1, 1)], // two substitutions would be as many errors
    ["kitten sitting", "Kitten sitting", counts(1, 1, 0, 0)], // case is the caller's affair
  ])("%j against %j", (reference, hypothesis, expected) => {
    expect(countErrors(splitWords(reference), splitWords(hypothesis))).toEqual(expected);
  });

  it("equals the best of all alignments", () => {
    const random = seededRandom(7);
    const sequence = () => {
      return Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * 3));
    };
    for (let round = 0; round < 300; round++) {
      const [reference, hypothesis] = [sequence(), sequence()];
      expect(countErrors(reference, hypothesis), `${reference} / ${hypothesis}`).toEqual(
        naiveCounts(reference, hypothesis),
      );
    }
  });
});

describe("error rates", () => {
  it("of words: errors over words of the reference", () => {
    expect(wordErrorRate("the cat sat on the mat", "the cat sit on mat")).toBe(2 / 6);
    expect(wordErrorRate(" the\u3000cat\n", "the cat")).toBe(0);
    expect(wordErrorRate("yes", "no no no")).toBe(3);
  });

  it("of characters: code points", () => {
    expect(characterErrorRate("kitten", "sitting")).toBe(3 / 6);
    expect(characterErrorRate("a 😀", "a 😃")).toBe(1 / 3);
  });

  it("of an empty reference", () => {
    expect(wordErrorRate("", "")).toBe(0);
    expect(wordErrorRate("", "word")).toBe(Number.POSITIVE_INFINITY);
  });

  it("of a corpus: sums of counts, so that every digit weighs alike", () => {
    const digits = [
      ["4072", "4072"],
      ["1", "2"],
      ["", "9"],
      ["55555", "555"],
    ].map(([reference, hypothesis]) => countErrors([...reference!], [...hypothesis!]));
    const total = totalErrors(digits);
    expect(total).toEqual(counts(7, 1, 2, 1));
    expect(referenceLength(total)).toBe(10);
    expect(errorRate(total)).toBe(0.4);
  });

  it("of no recordings is 0", () => {
    expect(errorRate(totalErrors([]))).toBe(0);
  });
});
