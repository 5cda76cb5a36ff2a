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

/** What a window's timestamps say of it. */
export interface WindowCut {
  /** May begin and end at once, or hold no text. */
  readonly segments: readonly TokenSegment[];
  /**
   * Where the next window begins, seconds from this one's start; null: where this one ends, as all of
   * it is told.
   */
  readonly next: number | null;
  /** The tokens end with text and one timestamp: nobody speaks after it. */
  readonly endsInSingleTimestamp: boolean;
}

/**
 * Cuts one window of a long recording into segments, as whisper/transcribe.py does: where two
 * timestamps stand side by side. What follows the last pair is unfinished and thrown away, as the
 * next window begins there, unless a lone timestamp closes it. Without a pair the whole is one
 * segment, which ends at its last timestamp if that is not 0.00, else with the window.
 *
 * @param duration seconds of audio in the window
 */
export function cutWindow(
  tokens: readonly number[],
  { isTimestamp, seconds }: TimestampReading,
  duration: number,
): WindowCut {
  const isOne = tokens.map(isTimestamp);
  const endsInSingleTimestamp = isOne.at(-1) === true && isOne.at(-2) === false;
  const cuts = tokens.flatMap((_, i) => (isOne[i - 1] && isOne[i] ? [i] : []));
  if (cuts.length === 0) {
    const last = tokens.findLast(isTimestamp);
    const end = last !== undefined && seconds(last) > 0 ? seconds(last) : duration;
    return { segments: [{ start: 0, end, tokens }], next: null, endsInSingleTimestamp };
  }
  if (endsInSingleTimestamp) cuts.push(tokens.length);
  const time = (token: number) => (isTimestamp(token) ? seconds(token) : 0);
  const segments = cuts.map((cut, i) => {
    const slice = tokens.slice(i === 0 ? 0 : cuts[i - 1]!, cut);
    return { start: time(slice[0]!), end: time(slice.at(-1)!), tokens: slice };
  });
  const next = endsInSingleTimestamp ? null : segments.at(-1)!.end;
  return { segments, next, endsInSingleTimestamp };
}
