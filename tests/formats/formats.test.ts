import { describe, expect, it } from "vitest";
import { toSRT, toText, toTSV, toVTT } from "../../src/index.ts";
import { address, segment, wordedSegment } from "./examples.ts";

/** Expected bytes are those of openai/whisper's writers for the same segments, but for WebVTT's escapes. */

const segments = [
  segment(" Some\tsay --> or ---> this.", [0, 3723.0005]),
  segment("\u00a0\u001c שלום 😀 \ufeff", [3723.0005, 3724.5]),
];

describe("a transcript as", () => {
  it("text: a line a segment", () => {
    expect(toText({ segments })).toBe("Some\tsay --> or ---> this.\nשלום 😀 \ufeff\n");
  });

  it("tab-separated values, in milliseconds", () => {
    expect(toTSV({ segments })).toBe(
      "start\tend\ttext\n" +
        "0\t3723000\tSome say --> or ---> this.\n" +
        "3723000\t3724500\tשלום 😀 \ufeff\n",
    );
  });

  it("SRT: numbered, hours always", () => {
    expect(toSRT({ segments })).toBe(
      "1\n00:00:00,000 --> 01:02:03,000\nSome\tsay -> or --> this.\n\n" +
        "2\n01:02:03,000 --> 01:02:04,500\nשלום 😀 \ufeff\n\n",
    );
    expect(toSRT({ segments: address })).toBe(
      "1\n00:00:00,000 --> 00:00:04,600\nAnd so, my fellow Americans:\n\n" +
        "2\n00:00:08,000 --> 00:00:10,250\nask not.\n\n",
    );
  });

  it("WebVTT: hours where there are any", () => {
    expect(toVTT({ segments })).toBe(
      "WEBVTT\n\n" +
        "00:00.000 --> 01:02:03.000\nSome\tsay --&gt; or ---&gt; this.\n\n" +
        "01:02:03.000 --> 01:02:04.500\nשלום 😀 \ufeff\n\n",
    );
    expect(toVTT({ segments: address }, { highlightWords: true, maxWordsPerLine: 2 })).toBe(
      "WEBVTT\n\n" +
        "00:00.000 --> 00:00.500\n<u>And</u> so,\n\n" +
        "00:00.500 --> 00:01.000\nAnd <u>so,</u>\n\n" +
        "00:01.500 --> 00:02.000\n<u>my</u> fellow\n\n" +
        "00:02.000 --> 00:02.500\nmy <u>fellow</u>\n\n" +
        "00:02.500 --> 00:04.600\n<u>Americans:</u>\n\n" +
        "00:08.000 --> 00:09.000\n<u>ask</u> not.\n\n" +
        "00:09.000 --> 00:10.250\nask <u>not.</u>\n\n",
    );
  });

  it("WebVTT: characters that it has a meaning for are written as such, in words too", () => {
    const words = wordedSegment([" <b>R&D", 0, 1], [" -->", 1, 2]);
    expect(toVTT({ segments: [words] }, { highlightWords: true })).toBe(
      "WEBVTT\n\n" +
        "00:00.000 --> 00:01.000\n<u>&lt;b&gt;R&amp;D</u> --&gt;\n\n" +
        "00:01.000 --> 00:02.000\n&lt;b&gt;R&amp;D <u>--&gt;</u>\n\n",
    );
  });

  it("anything, of silence", () => {
    const silence = { segments: [] };
    expect(toText(silence)).toBe("");
    expect(toTSV(silence)).toBe("start\tend\ttext\n");
    expect(toSRT(silence)).toBe("");
    expect(toVTT(silence, { maxLineWidth: 40 })).toBe("WEBVTT\n\n");
  });
});
