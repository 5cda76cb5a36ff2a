import type { Segment, StreamEvent, Transcript } from "../results.ts";

/** The transcript of a live stream that has ended, from its final events. */
export function transcriptOf(
  segments: readonly Segment[],
  { language, duration, timing }: Extract<StreamEvent, { status: "done" }>,
): Transcript {
  const tokens = segments.flatMap((segment) => segment.tokens);
  const weighted = segments.reduce((sum, { tokens, avgLogProb }) => {
    return sum + avgLogProb * tokens.length;
  }, 0);
  return {
    text: segments
      .map(({ text }) => text)
      .join("")
      .trim(),
    language,
    duration,
    tokens,
    segments,
    avgLogProb: tokens.length === 0 ? 0 : weighted / tokens.length,
    noSpeechProb: segments.reduce((least, { noSpeechProb }) => Math.min(least, noSpeechProb), 1),
    timing: timing ?? { load: 0, features: 0, encode: 0, decode: 0, realTimeFactor: 0 },
  };
}
