import { describe, expect, it } from "vitest";
import { bestHypothesis } from "../../src/decoding/hypothesis.ts";

const of = (length: number, sumLogProb: number) => {
  return { tokens: new Array<number>(length).fill(1), sumLogProb };
};

describe("the best hypothesis", () => {
  it("has the largest mean, its length counted without end-of-text", () => {
    const [short, long] = [of(2, -1), of(10, -4.9)];
    expect(bestHypothesis([short, long], null)).toBe(long);
    expect(bestHypothesis([short, of(10, -5.1)], null)).toBe(short);
  });

  it("has the largest sum over ((5 + length) / 6) ** penalty, with a penalty", () => {
    const [short, long] = [of(1, -1), of(7, -1.6)];
    expect(bestHypothesis([short, long], 0)).toBe(short); // by sums
    expect(bestHypothesis([short, long], 1)).toBe(long); // -1 and -0.8
    expect(bestHypothesis([short, of(7, -2.1)], 1)).toBe(short); // -1 and -1.05
    expect(bestHypothesis([short, of(7, -1.4)], 0.5)).toEqual(of(7, -1.4)); // -1 and -0.99
  });

  it("is the first of equals", () => {
    const hypotheses = [of(2, -2), of(1, -1), of(3, -3)];
    expect(bestHypothesis(hypotheses, null)).toBe(hypotheses[0]);
  });

  it("may be empty, then as if it had one token", () => {
    const [empty, one] = [of(0, -0.5), of(1, -0.6)];
    expect(bestHypothesis([one, empty], null)).toBe(empty);
    expect(bestHypothesis([empty, of(1, -0.4)], null)).toEqual(of(1, -0.4));
  });
});
