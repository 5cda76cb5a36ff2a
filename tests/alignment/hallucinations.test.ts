import { describe, expect, it } from "vitest";
import {
  type HallucinationWindow,
  isSegmentAnomaly,
  nextWordsSegment,
  type SpokenSegment,
  skipHallucinations,
  wordAnomalyScore,
} from "../../src/alignment/hallucinations.ts";
import type { Word } from "../../src/results.ts";

const word = (start: number, end: number, probability = 0.9, text = " a"): Word => {
  return { word: text, start, end, probability };
};

/** Plausible words of half a second. */
function spoken(start: number, end: number): SpokenSegment {
  const count = Math.max(1, Math.round((end - start) / 0.5));
  const length = (end - start) / count;
  const words = Array.from({ length: count }, (_, i) => {
    return word(start + i * length, start + (i + 1) * length);
  });
  return { start, end, words };
}

/** One improbable word. */
const invented = (start: number, end: number): SpokenSegment => {
  return { start, end, words: [word(start, end, 0.01)] };
};

const silent = (start: number, end: number): SpokenSegment => ({ start, end, words: [] });

describe("how odd a word is", () => {
  it("counts what is improbable, very short or very long", () => {
    expect(wordAnomalyScore(word(1, 1.5))).toBe(0);
    expect(wordAnomalyScore(word(1, 1.5, 0.149))).toBe(1);
    expect(wordAnomalyScore(word(1, 1.5, 0.15))).toBe(0);
    expect(wordAnomalyScore(word(1, 1))).toBeCloseTo(0.133 * 15, 9);
    expect(wordAnomalyScore(word(1, 4.5))).toBeCloseTo(1.5, 9);
    expect(wordAnomalyScore(word(1, 1, 0))).toBeCloseTo(1 + 0.133 * 15, 9);
  });
});

describe("a segment", () => {
  const judged = (words: readonly Word[]) => isSegmentAnomaly({ start: 0, end: 1, words });

  it("looks invented where all its words are odd, or three together very odd", () => {
    expect(judged([word(0, 0.5, 0.1)])).toBe(true);
    expect(judged([word(0, 0.5, 0.1), word(0.5, 1)])).toBe(false);
    const plain = [word(0.5, 1), word(1, 1.5), word(1.5, 2)];
    expect(judged([word(0, 0, 0.1), ...plain])).toBe(false); // 2.995 of 4
    expect(judged([word(0, 0, 0.1), word(0, 0.1), ...plain])).toBe(true); // 3.49 of 5
  });

  it("is judged by its first eight words, punctuation apart", () => {
    const odd = Array.from({ length: 8 }, () => word(0, 0.5, 0.1));
    expect(judged([...odd, word(0, 0.5), word(0, 0.5)])).toBe(true);
    const plain = Array.from({ length: 8 }, () => word(0, 0.5));
    expect(judged([...plain, ...odd])).toBe(false);
    expect(judged([word(0, 0.5, 0.1), word(0, 0.5, 0.9, ",")])).toBe(true);
    // As the reference: nothing but punctuation is invented.
    expect(judged([word(0, 0.5, 0.9, ".")])).toBe(true);
  });

  it("of no words, or none at all, is not", () => {
    expect(judged([])).toBe(false);
    expect(isSegmentAnomaly(null)).toBe(false);
  });

  it("with words is found behind those without", () => {
    const next = spoken(3, 4);
    expect(nextWordsSegment([silent(0, 1), next, spoken(4, 5)])).toBe(next);
    expect(nextWordsSegment([silent(0, 1)])).toBeNull();
    expect(nextWordsSegment([])).toBeNull();
  });
});

describe("skipping around invented text", () => {
  /** The second window of a recording of two minutes. */
  const window: HallucinationWindow = {
    seek: 3000,
    nextSeek: 5500,
    segmentSize: 3000,
    windowFrames: 3000,
    contentFrames: 12000,
    framesPerSecond: 100,
    singleTimestampEnding: false,
    lastSpeechEnd: 29,
  };
  const skip = (
    segments: readonly SpokenSegment[],
    changes: Partial<HallucinationWindow> = {},
    threshold = 2,
  ) => skipHallucinations(segments, threshold, { ...window, ...changes });

  it("leaves plausible speech alone; the next window begins behind its last word", () => {
    const segments = [spoken(30, 34), spoken(40, 55)];
    expect(skip(segments)).toEqual({ segments, seek: 5500, again: false });
    expect(skip(segments, { nextSeek: 1 }).seek).toBe(5500);
  });

  it("goes on behind the window where less than the threshold of it remains", () => {
    const segments = [spoken(30, 58.5)];
    expect(skip(segments).seek).toBe(6000);
    expect(skip(segments, { segmentSize: 2950 }).seek).toBe(5950);
    expect(skip(segments, {}, 1).seek).toBe(5850);
  });

  it("takes the window's own end where a single timestamp closes it", () => {
    const segments = [spoken(30, 34)];
    expect(skip(segments, { singleTimestampEnding: true }).seek).toBe(5500);
  });

  it("takes the window's own end where words end before it begins, or there is nothing", () => {
    expect(skip([{ start: 29, end: 30, words: [word(29, 30)] }]).seek).toBe(5500);
    expect(skip([])).toEqual({ segments: [], seek: 5500, again: false });
  });

  it("hears again from invented text that begins after silence", () => {
    const segments = [silent(30, 31), invented(33.456, 34), spoken(40, 41)];
    expect(skip(segments)).toEqual({ segments: [], seek: 3346, again: true });
    expect(skip(segments, {}, 3.5).again).toBe(false);
  });

  it("drops invented text between silence, and all after it", () => {
    const segments = [spoken(31, 35), silent(35, 36), invented(40, 41), spoken(45, 46)];
    expect(skip(segments)).toEqual({ segments: segments.slice(0, 2), seek: 4000, again: false });
  });

  it("drops invented text that another follows", () => {
    const segments = [spoken(31, 35), invented(40, 41), invented(41.5, 42), spoken(42, 44)];
    expect(skip(segments).segments).toEqual(segments.slice(0, 1));
  });

  it("keeps invented text that speech is close to, before or after", () => {
    const before = [spoken(31, 39), invented(40, 41), spoken(45, 46)];
    expect(skip(before).segments).toEqual(before);
    const after = [spoken(31, 35), invented(40, 41), spoken(42, 46)];
    expect(skip(after).segments).toEqual(after);
  });

  it("takes the window's first and last two seconds for silence", () => {
    const first = [invented(31.5, 32), spoken(35, 36)];
    // Not before one second of the window has passed.
    expect(skip(first, { lastSpeechEnd: 31 })).toEqual({ segments: [], seek: 3150, again: false });
    const early = [invented(30.5, 31), spoken(35, 36)];
    expect(skip(early, { lastSpeechEnd: 30 }).seek).toBe(3100);
    const last = [spoken(31, 50), invented(57, 58.5)];
    expect(skip(last)).toEqual({ segments: last.slice(0, 1), seek: 5700, again: false });
    const inside = [spoken(31, 50), invented(57, 57.9)];
    expect(skip(inside, {}, 2.5).segments).toEqual(inside);
  });

  it("ends the recording where less than the threshold of it follows", () => {
    const segments = [spoken(31, 35), invented(40, 41)];
    expect(skip(segments, { contentFrames: 4250, segmentSize: 1250 })).toEqual({
      segments,
      seek: 4100,
      again: false,
    });
    const ended = skip(segments, { contentFrames: 4310, segmentSize: 1310 }, 2.05);
    expect(ended).toEqual({ segments: segments.slice(0, 1), seek: 4000, again: false });
    const short = skip([spoken(31, 35), invented(40, 41), invented(41.2, 41.4)], {
      contentFrames: 4250,
      segmentSize: 1250,
    });
    expect(short).toEqual({ segments: [segments[0]], seek: 4250, again: false });
  });
});
