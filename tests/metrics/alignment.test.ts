import { describe, expect, it } from "vitest";
import { type AlignmentStep, alignUnits } from "../../src/metrics/alignment.ts";
import { countErrors, splitWords } from "../../src/metrics/word-error-rate.ts";
import { seededRandom } from "../fixtures/random.ts";

/** "word" for a hit, "old>new", "old>" for a deletion, ">new" for an insertion. */
function align(reference: string, hypothesis: string): string {
  return alignUnits(splitWords(reference), splitWords(hypothesis)).map(describeStep).join(" ");
}

function describeStep(step: AlignmentStep<string>): string {
  switch (step.kind) {
    case "hit":
      return step.reference;
    case "substitution":
      return `${step.reference}>${step.hypothesis}`;
    case "deletion":
      return `${step.reference}>`;
    case "insertion":
      return `>${step.hypothesis}`;
  }
}

describe("alignUnits", () => {
  it.each([
    ["", "", ""],
    ["one two", "", "one> two>"],
    ["", "one two", ">one >two"],
    ["one two three", "one too three", "one two>too three"],
    ["one two three", "one three", "one two> three"],
    ["one three", "one two three", "one >two three"],
    ["one two", "two three", "one> two >three"],
    ["one two three four", "two tree four five", "one> two three>tree four >five"],
  ])("%j against %j", (reference, hypothesis, expected) => {
    expect(align(reference, hypothesis)).toBe(expected);
  });

  it("keeps both sequences in order, with the counts of countErrors", () => {
    const random = seededRandom(3);
    const sequence = () => {
      return Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 4));
    };
    for (let round = 0; round < 200; round++) {
      const [reference, hypothesis] = [sequence(), sequence()];
      const steps = alignUnits(reference, hypothesis);
      expect(steps.flatMap((step) => ("reference" in step ? [step.reference] : []))).toEqual(
        reference,
      );
      expect(steps.flatMap((step) => ("hypothesis" in step ? [step.hypothesis] : []))).toEqual(
        hypothesis,
      );
      const count = (kind: AlignmentStep<number>["kind"]) => {
        return steps.filter((step) => step.kind === kind).length;
      };
      expect({
        hits: count("hit"),
        substitutions: count("substitution"),
        deletions: count("deletion"),
        insertions: count("insertion"),
      }).toEqual(countErrors(reference, hypothesis));
      for (const step of steps) {
        if (step.kind === "deletion" || step.kind === "insertion") continue;
        expect(step.kind === "hit").toBe(step.reference === step.hypothesis);
      }
    }
  });
});
