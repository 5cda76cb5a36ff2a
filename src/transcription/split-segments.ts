/** A stretch of a window between two timestamps; times are seconds from the window's start. */
export interface TokenSegment {
  readonly start: number;
  readonly end: number;
  /** Its timestamp tokens included. */
  readonly tokens: readonly number[];
}

/** How to read the timestamps among a window's tokens. */
export interface TimestampReading {
  isTimestamp(token: number): boolean;
  /** Seconds from the window's start. */
  seconds(timestamp: number): number;
}

/**
 * Cuts a window's tokens into segments where two timestamps stand side by side, as
 * whisper/transcribe.py does. Without such a pair the whole is one segment, which ends at its last
 * timestamp if that is not 0.00, else at the end of the audio.
 *
 * @param isTimestamp tells the ids that are timestamps; `seconds` their time in the window
 * @param duration seconds of audio in the window
 */
export function splitSegments(
  tokens: readonly number[],
  { isTimestamp, seconds }: TimestampReading,
  duration: number,
): TokenSegment[] {
  const cuts = tokens.flatMap((token, i) =>
    i > 0 && isTimestamp(token) && isTimestamp(tokens[i - 1]!) ? [i] : [],
  );
  if (cuts.length === 0) {
    const last = tokens.findLast(isTimestamp);
    const end = last !== undefined && seconds(last) > 0 ? seconds(last) : duration;
    return tokens.length === 0 ? [] : [{ start: 0, end, tokens }];
  }
  // A lone timestamp at the very end closes the last segment. What else follows the last pair is
  // unfinished: a later window would begin there, here it is kept to the end of the audio.
  cuts.push(tokens.length);
  let from = 0;
  return cuts.flatMap((cut) => {
    const slice = tokens.slice(from, cut);
    from = cut;
    if (slice.every(isTimestamp)) return [];
    const first = slice[0]!;
    const last = slice.at(-1)!;
    const start = isTimestamp(first) ? seconds(first) : 0;
    // The model may put a start beyond the end of the audio.
    const end = isTimestamp(last) ? seconds(last) : Math.max(start, duration);
    return [{ start, end, tokens: slice }];
  });
}
