import { describe, expect, it } from "vitest";
import { splitSegments } from "../../src/transcription/split-segments.ts";

const begin = 100;
/** The timestamp token of that many seconds. */
const at = (seconds: number) => begin + Math.round(seconds / 0.02);
const reading = {
  isTimestamp: (token: number) => token >= begin,
  seconds: (timestamp: number) => (timestamp - begin) * 0.02,
};
const split = (tokens: number[], duration = 30) => splitSegments(tokens, reading, duration);

describe("splitSegments", () => {
  it("cuts between two timestamps", () => {
    const tokens = [at(0), 1, 2, at(1.5), at(2), 3, at(4)];
    expect(split(tokens)).toEqual([
      { start: 0, end: 1.5, tokens: [at(0), 1, 2, at(1.5)] },
      { start: 2, end: 4, tokens: [at(2), 3, at(4)] },
    ]);
  });

  it("keeps what follows the last pair to the end of the audio", () => {
    expect(split([at(0), 1, at(1), at(1), 2], 7)).toEqual([
      { start: 0, end: 1, tokens: [at(0), 1, at(1)] },
      { start: 1, end: 7, tokens: [at(1), 2] },
    ]);
  });

  it("never ends before it starts, where the model puts a start beyond the audio", () => {
    expect(split([at(0), 1, at(16), at(16), 2], 11)[1]).toMatchObject({ start: 16, end: 16 });
  });

  it("drops a pair that opens nothing", () => {
    expect(split([at(0), 1, at(2), at(2)])).toEqual([
      { start: 0, end: 2, tokens: [at(0), 1, at(2)] },
    ]);
  });

  it("takes the whole as one segment without a pair, to its last timestamp or the end", () => {
    expect(split([at(0), 1, 2, at(3)], 5)).toMatchObject([{ start: 0, end: 3 }]);
    expect(split([at(0), 1, 2], 5)).toMatchObject([{ start: 0, end: 5 }]);
    expect(split([1, 2], 5)).toMatchObject([{ start: 0, end: 5 }]);
    expect(split([], 5)).toEqual([]);
  });

  it("is one segment where the model has no timestamps", () => {
    expect(splitSegments([500, 501], { ...reading, isTimestamp: () => false }, 5)).toEqual([
      { start: 0, end: 5, tokens: [500, 501] },
    ]);
  });
});
