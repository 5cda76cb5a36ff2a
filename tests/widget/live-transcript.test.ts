import { expect, it } from "vitest";
import { transcriptOf } from "../../src/widget/live-transcript.ts";
import { segment, transcript } from "./examples.ts";

const { timing } = transcript;
const done = { status: "done", language: "en", duration: 8, transcript: null, timing } as const;

it("joins the final pieces of a live stream", () => {
  const segments = [
    segment(" one two", { tokens: [1, 2], avgLogProb: -0.5, noSpeechProb: 0.25 }),
    segment(" three", { tokens: [3], avgLogProb: -0.125, noSpeechProb: 0.125 }),
  ];
  expect(transcriptOf(segments, done)).toEqual({
    text: "one two three",
    language: "en",
    duration: 8,
    tokens: [1, 2, 3],
    segments,
    avgLogProb: (2 * -0.5 - 0.125) / 3,
    noSpeechProb: 0.125,
    timing,
  });
});

it("of which there may be none", () => {
  expect(transcriptOf([], done)).toMatchObject({ text: "", avgLogProb: 0, noSpeechProb: 1 });
});

it("of which there may be more than a call takes arguments", () => {
  const segments = new Array(200_000).fill(segment(" a", { noSpeechProb: 0.5 }));
  expect(transcriptOf(segments, done)).toMatchObject({ noSpeechProb: 0.5 });
});
