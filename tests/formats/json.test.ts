import { describe, expect, it } from "vitest";
import { toJSON } from "../../src/formats/json.ts";
import { segment, words } from "./examples.ts";

/** Expected bytes are those of Python's json.dump, with which openai/whisper writes its result. */

const number = (value: number) => {
  const json = toJSON({ language: null, segments: [segment("", [0, value])] });
  return /"end": ([^,]+)/.exec(json)![1];
};
const text = (value: string) => {
  const json = toJSON({ language: null, segments: [segment(value)] });
  return /"text": (".*?"), "segments"/.exec(json)![1];
};

describe("a transcript as JSON", () => {
  it("has the names and the order of whisper's result", () => {
    const json = toJSON({
      language: "en",
      segments: [
        {
          id: 1,
          seek: 800,
          start: 8,
          end: 10.25,
          text: " ask not.",
          tokens: [50363, 1265],
          temperature: 0.2,
          avgLogProb: -1,
          compressionRatio: 0.9,
          noSpeechProb: 1.25e-5,
          words: words([" ask", 8, 9], [" not.", 9, 10.25]),
        },
      ],
    });
    expect(json).toBe(
      '{"text": " ask not.", "segments": [{"id": 1, "seek": 800, "start": 8.0, "end": 10.25, "text": " ask not.", "tokens": [50363, 1265], "temperature": 0.2, "avg_logprob": -1.0, "compression_ratio": 0.9, "no_speech_prob": 1.25e-05, "words": [{"word": " ask", "start": 8.0, "end": 9.0, "probability": 0.5}, {"word": " not.", "start": 9.0, "end": 10.25, "probability": 0.5}]}], "language": "en"}',
    );
  });

  it("has the text of the segments as they stand, not the transcript's, which is trimmed", () => {
    const segments = [segment(" And so,"), segment(" my fellow Americans: ")];
    const transcript = { text: "And so, my fellow Americans:", language: "en", segments };
    expect(toJSON(transcript)).toMatch(/^\{"text": " And so, my fellow Americans: ", "segments"/);
    expect(toJSON({ language: "en", segments: [] })).toBe(
      '{"text": "", "segments": [], "language": "en"}',
    );
  });

  it("has no words where none were asked for", () => {
    expect(toJSON({ language: null, segments: [segment("a")] })).toBe(
      '{"text": "a", "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": "a", "tokens": [], "temperature": 0.0, "avg_logprob": 0.0, "compression_ratio": 1.0, "no_speech_prob": 0.0}], "language": null}',
    );
  });

  it.each([
    [0, "0.0"],
    [-0, "-0.0"],
    [3, "3.0"],
    [-123_456_789.5, "-123456789.5"],
    [0.1 + 0.2, "0.30000000000000004"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1.25e-100, "1.25e-100"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [Number.NaN, "null"],
    [Number.NEGATIVE_INFINITY, "null"],
  ])("writes %s as %s", (value, expected) => {
    expect(number(value)).toBe(expected);
  });

  it.each([
    ["é 😀", String.raw`"\u00e9 \ud83d\ude00"`],
    ['"\\/', String.raw`"\"\\/"`],
    ["\n\t\u0001\u007f\u2028", String.raw`"\n\t\u0001\u007f\u2028"`],
  ])("escapes %j", (value, expected) => {
    expect(text(value)).toBe(expected);
    expect(JSON.parse(expected)).toBe(value);
  });
});
