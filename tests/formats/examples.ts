import type { Segment, Word } from "../../src/results.ts";

type Times = readonly [start: number, end: number];

export function words(...timed: (readonly [word: string, ...times: Times])[]): Word[] {
  return timed.map(([word, start, end]) => ({ word, start, end, probability: 0.5 }));
}

/** A segment of which only text and times matter. */
export function segment(text: string, [start, end]: Times = [0, 1]): Segment {
  return {
    id: 0,
    seek: 0,
    start,
    end,
    text,
    tokens: [],
    temperature: 0,
    avgLogProb: 0,
    compressionRatio: 1,
    noSpeechProb: 0,
  };
}

export function wordedSegment(...timed: (readonly [word: string, ...times: Times])[]): Segment {
  const spoken = words(...timed);
  const times: Times = [spoken[0]?.start ?? 0, spoken.at(-1)?.end ?? 0];
  return { ...segment(spoken.map(({ word }) => word).join(""), times), words: spoken };
}

/** Two segments with words, a long pause between them. */
export const address: readonly Segment[] = [
  wordedSegment(
    [" And", 0, 0.5],
    [" so,", 0.5, 1],
    [" my", 1.5, 2],
    [" fellow", 2, 2.5],
    [" Americans:", 2.5, 4.6],
  ),
  wordedSegment([" ask", 8, 9], [" not.", 9, 10.25]),
];
