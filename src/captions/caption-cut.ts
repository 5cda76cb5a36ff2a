/** Where the audio of a live caption is cut while somebody speaks. */
import type { WordTiming } from "../alignment/find-alignment.ts";

/** Final words that stay after a cut, so that a word recognised twice at the cut is known to be one. */
const keptWords = 2;
const sentenceEnd = /[.?!。？！…۔؟।]["'”’»)\]]*$/;

export interface WordCut {
  /** Words before the cut. */
  readonly wordCount: number;
  /** Seconds. */
  readonly time: number;
}

/**
 * Between two final words: after the last sentence that is over, else in the longest pause.
 *
 * @param words Final ones, in their order.
 * @param from Cuts before this free too little, seconds.
 * @returns undefined where there is no place
 */
export function cutAfterWords(words: readonly WordTiming[], from: number): WordCut | undefined {
  let best: (WordCut & { readonly worth: number }) | undefined;
  for (let i = 1; i <= words.length - keptWords; i++) {
    const [before, after] = [words[i - 1]!, words[i]!];
    const time = (before.end + after.start) / 2;
    if (time < from) continue;
    const pause = after.start - before.end;
    const worth = sentenceEnd.test(before.word) ? Infinity : pause;
    if (!best || worth >= best.worth) best = { wordCount: i, time, worth };
  }
  return best && { wordCount: best.wordCount, time: best.time };
}
