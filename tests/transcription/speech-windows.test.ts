import { describe, expect, it } from "vitest";
import { parseFeatureConfig } from "../../src/features/feature-config.ts";
import type { Segment } from "../../src/results.ts";
import {
  groupStretches,
  type SampleRange,
  SpeechWindow,
} from "../../src/transcription/speech-windows.ts";
import { seededRandom } from "../fixtures/random.ts";

/** Windows of 10 s. */
const config = parseFeatureConfig({
  sampling_rate: 1000,
  hop_length: 10,
  n_fft: 20,
  chunk_length: 10,
});
const rate = config.sampleRate;

function ranges(...seconds: readonly (readonly [number, number])[]): SampleRange[] {
  return seconds.map(([start, end]) => ({ start: start * rate, end: end * rate }));
}

/** Seconds. */
function piecesOf(windows: readonly SpeechWindow[]): number[][][] {
  return windows.map(({ pieces }) => pieces.map(({ start, end }) => [start / rate, end / rate]));
}

describe("stretches of speech", () => {
  const samples = new Float32Array(100 * rate).fill(0.1);

  it.each([
    ["none", ranges(), []],
    ["one", ranges([3, 5]), [[[3, 5]]]],
    [
      "some that fit in a window",
      ranges([3, 5], [30, 36], [90, 92]),
      [
        [
          [3, 5],
          [30, 36],
          [90, 92],
        ],
      ],
    ],
    [
      "too many for a window",
      ranges([0, 6], [7, 12], [13, 18]),
      [
        [[0, 6]],
        [
          [7, 12],
          [13, 18],
        ],
      ],
    ],
    ["one of just a window", ranges([5, 15], [16, 17]), [[[5, 15]], [[16, 17]]]],
  ])("%s", (_, stretches, expected) => {
    expect(piecesOf(groupStretches(samples, stretches, config))).toEqual(expected);
  });

  it("longer than a window are cut where they are quietest", () => {
    const loud = samples
      .slice()
      .fill(0, 7.8 * rate, 8.2 * rate)
      .fill(0, 13 * rate, 14 * rate);
    const windows = groupStretches(loud, ranges([0, 21]), config);
    const [[first], [second], [third]] = piecesOf(windows) as [number[][], number[][], number[][]];
    expect(first![0]).toBe(0);
    expect(first![1]).toBeCloseTo(8, 1);
    expect(second![0]).toBe(first![1]);
    expect(second![1]).toBeCloseTo(13.5, 1);
    expect(third).toEqual([second![1], 21]);
  });
});

describe("any stretches", () => {
  const samples = Float32Array.from({ length: 200 * rate }, seededRandom(9));

  it("are all kept, in order, in windows that are not too long", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seededRandom(seed);
      const stretches: SampleRange[] = [];
      for (let at = Math.floor(random() * 3000); at < samples.length - 30_000; ) {
        const start = at;
        const end = start + 1 + Math.floor(random() ** 3 * 29_000);
        stretches.push({ start, end });
        at = end + 1 + Math.floor(random() * 5000);
      }
      const windows = groupStretches(samples, stretches, config);
      const pieces = windows.flatMap((window) => window.pieces);
      for (const [i, { start, end }] of pieces.entries()) {
        expect(end).toBeGreaterThan(start);
        if (i > 0) expect(start).toBeGreaterThanOrEqual(pieces[i - 1]!.end);
      }
      const joined: SampleRange[] = [];
      for (const { start, end } of pieces) {
        if (joined.at(-1)?.end === start)
          joined.splice(-1, 1, { start: joined.at(-1)!.start, end });
        else joined.push({ start, end });
      }
      expect(joined).toEqual(stretches);
      for (const window of windows) {
        expect(window.length).toBeLessThanOrEqual(config.windowSamples);
        expect(window.cutFrom(samples)).toHaveLength(window.length);
      }
      // As few windows as an order allows: no piece would have fitted into the window before.
      for (let i = 1; i < windows.length; i++) {
        const { start, end } = windows[i]!.pieces[0]!;
        expect(windows[i - 1]!.length + end - start).toBeGreaterThan(config.windowSamples);
      }
    }
  });
});

describe("a window of several pieces", () => {
  const window = new SpeechWindow(ranges([3, 5], [30, 36], [90, 92]), rate, 0.2);

  it("is their samples, one after another", () => {
    const recording = Float32Array.from({ length: 100 * rate }, (_, i) => i);
    const samples = window.cutFrom(recording);
    expect([samples[0], samples[1999], samples[2000], samples[7999], samples[8000]]).toEqual([
      3000, 4999, 30000, 35999, 90000,
    ]);
    const single = new SpeechWindow(ranges([3, 5]), rate).cutFrom(recording);
    expect(single.buffer).toBe(recording.buffer);
  });

  it.each([
    ["within a piece", [0.5, 1.5], [3.5, 4.5]],
    ["over several", [1, 9], [4, 91]],
    ["of a whole piece", [2, 8], [30, 36]],
    ["that begins in the silence before the next piece", [1.85, 3], [30, 31]],
    ["that ends in the silence after the piece before", [1, 2.15], [4, 5]],
    ["all in the silence between", [1.9, 2.1], [30, 30.1]],
    ["past the end", [9.5, 30], [91.5, 92]],
    ["of no time", [8, 8], [90, 90]],
  ])("restores a span %s", (_, [start, end], expected) => {
    const span = window.restoreSpan({ start: start!, end: end! });
    expect(span.start).toBeCloseTo(expected[0]!, 9);
    expect(span.end).toBeCloseTo(expected[1]!, 9);
  });

  it.each([
    [
      [1.5, 2.4],
      [4.5, 5],
    ],
    [
      [1.7, 2.9],
      [30, 30.9],
    ],
    [
      [7.9, 8.3],
      [90, 90.3],
    ],
  ])("restores a word at %j to one piece", ([start, end], expected) => {
    const word = window.restoreWord({ start: start!, end: end! });
    expect(word.start).toBeCloseTo(expected[0]!, 9);
    expect(word.end).toBeCloseTo(expected[1]!, 9);
  });

  it("restores segments, by their words where they have them", () => {
    const segment = { id: 4, text: " a b", start: 1, end: 2.6 } as Segment;
    expect(window.restoreSegment(segment)).toEqual({ ...segment, start: 4, end: 30.6 });
    const words = [
      { word: " a", start: 1, end: 1.5, probability: 0.5 },
      { word: " b", start: 1.5, end: 2.25, probability: 0.5 },
    ];
    expect(window.restoreSegment({ ...segment, words })).toEqual({
      ...segment,
      start: 4,
      end: 5,
      words: [
        { word: " a", start: 4, end: 4.5, probability: 0.5 },
        { word: " b", start: 4.5, end: 5, probability: 0.5 },
      ],
    });
  });
});

describe("times of any window", () => {
  it("rise with those of the recording, and lie in its pieces", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      let at = 0;
      const pieces = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
        const start = at + Math.floor(random() * 4000);
        at = start + 1 + Math.floor(random() * 3000);
        return { start, end: at };
      });
      const window = new SpeechWindow(pieces, rate, random() < 0.5 ? 0 : 0.2);
      const total = window.length / rate;
      const times = Array.from({ length: 60 }, () => random() * total).sort((a, b) => a - b);
      const isInside = (time: number) =>
        pieces.some(({ start, end }) => start <= time * rate + 1e-6 && time * rate - 1e-6 <= end);
      let before = 0;
      for (const [i, start] of times.slice(0, -1).entries()) {
        const end = times[i + 1]!;
        const word = window.restoreWord({ start, end });
        const span = window.restoreSpan({ start, end });
        for (const restored of [word, span]) {
          expect(restored.start).toBeLessThanOrEqual(restored.end);
          expect(isInside(restored.start) && isInside(restored.end)).toBe(true);
        }
        expect(word.start).toBeGreaterThanOrEqual(before - 1e-9);
        before = word.end;
        expect(word.end - word.start).toBeLessThanOrEqual(end - start + 1e-9);
      }
    }
  });
});
