import { describe, expect, it } from "vitest";
import { cutWindow } from "../../src/transcription/cut-window.ts";

const begin = 100;
/** The timestamp token of that many seconds. */
const at = (seconds: number) => begin + Math.round(seconds / 0.02);
const reading = {
  isTimestamp: (token: number) => token >= begin,
  seconds: (timestamp: number) => (timestamp - begin) * 0.02,
};
const cut = (tokens: number[], duration = 30) => cutWindow(tokens, reading, duration);

describe("cutWindow", () => {
  it("throws away what follows the last pair: the next window begins there", () => {
    expect(cut([at(0), 1, at(1.5), at(2), 2, at(4), at(4), 3])).toEqual({
      segments: [
        { start: 0, end: 1.5, tokens: [at(0), 1, at(1.5)] },
        { start: 2, end: 4, tokens: [at(2), 2, at(4)] },
      ],
      next: 4,
      endsInSingleTimestamp: false,
    });
  });

  it("keeps what a lone timestamp closes, and takes the window for done", () => {
    expect(cut([at(0), 1, at(1.5), at(2), 2, at(4)])).toEqual({
      segments: [
        { start: 0, end: 1.5, tokens: [at(0), 1, at(1.5)] },
        { start: 2, end: 4, tokens: [at(2), 2, at(4)] },
      ],
      next: null,
      endsInSingleTimestamp: true,
    });
  });

  it("begins the next window at the end of the segment before a last pair", () => {
    expect(cut([at(0), 1, at(2), at(3)])).toEqual({
      segments: [{ start: 0, end: 2, tokens: [at(0), 1, at(2)] }],
      next: 2,
      endsInSingleTimestamp: false,
    });
  });

  it("takes the whole as one segment without a pair, to its last timestamp or the end", () => {
    expect(cut([at(0), 1, at(3)], 5)).toEqual({
      segments: [{ start: 0, end: 3, tokens: [at(0), 1, at(3)] }],
      next: null,
      endsInSingleTimestamp: true,
    });
    expect(cut([at(0), 1], 5)).toMatchObject({ segments: [{ end: 5 }], next: null });
    expect(cut([1, 2], 5)).toMatchObject({ segments: [{ start: 0, end: 5 }], next: null });
    expect(cut([], 5).segments).toEqual([{ start: 0, end: 5, tokens: [] }]);
  });

  it("keeps segments without text or length", () => {
    expect(cut([at(1), at(1), 1, at(2), at(2)]).segments).toEqual([
      { start: 1, end: 1, tokens: [at(1)] },
      { start: 1, end: 2, tokens: [at(1), 1, at(2)] },
    ]);
  });
});
