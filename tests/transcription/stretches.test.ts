import { describe, expect, it } from "vitest";
import { findClips } from "../../src/transcription/stretches.ts";

/** 10 s and a little. */
const sampleCount = 160100;
const features = { sampleRate: 16000, hopLength: 160 };

describe("findClips", () => {
  it.each([
    ["the whole by default", undefined, [{ start: 0, end: 1000 }]],
    ["the whole where none are named", [], [{ start: 0, end: 1000 }]],
    ["a last clip without an end", [2.5], [{ start: 250, end: 1000 }]],
    [
      "two clips",
      [1, 2, 3, 4.567],
      [
        { start: 100, end: 200 },
        { start: 300, end: 457 },
      ],
    ],
    ["halves to the even frame, as Python rounds", [0.125, 0.135], [{ start: 12, end: 14 }]],
    [
      "no further than the recording, and none that is empty",
      [9, 12, 11],
      [{ start: 900, end: 1000 }],
    ],
    [
      "in the order that was asked for",
      [5, 6, 1, 2],
      [
        { start: 500, end: 600 },
        { start: 100, end: 200 },
      ],
    ],
  ])("%s", (_, clipTimestamps, expected) => {
    expect(findClips(clipTimestamps, sampleCount, features)).toEqual(
      expected.map((clip) => ({ ...clip, speech: null })),
    );
  });
});
