/**
 * When a word of a live caption becomes final: as soon as two hypotheses in a row agree on it and on
 * all before it. LocalAgreement-2 of Macháček, Dabre, Bojar, "Turning Whisper into Real-Time
 * Transcription System", 2023, section 3, after Liu et al., "Low-latency sequence-to-sequence speech
 * recognition and translation by partial hypothesis selection", 2020.
 */
import type { WordTiming } from "../alignment/find-alignment.ts";

/** A word that may still change. */
interface OpenWord {
  readonly word: WordTiming;
  /** When there first was a word in its place, seconds. */
  readonly since: number;
}

/** How the words of a hypothesis become final. */
export interface AgreementRule {
  /** Seconds of the stream that the hypothesis knows. */
  readonly recognisedUntil: number;
  /** Words that have been open for so many seconds become final without agreement. */
  readonly maxLatency: number;
}

/** The words of the audio in the buffer: final ones, then those that may still change. */
export class WordAgreement {
  #final: WordTiming[] = [];
  #open: OpenWord[] = [];

  /** Final words whose audio is still there. */
  get final(): readonly WordTiming[] {
    return this.#final;
  }

  get open(): readonly WordTiming[] {
    return this.#open.map(({ word }) => word);
  }

  /**
   * @param words A hypothesis of all audio in the buffer.
   * @returns The words that it makes final.
   */
  accept(words: readonly WordTiming[], { recognisedUntil, maxLatency }: AgreementRule) {
    const rest = words.slice(countSaid(this.#final, words));
    let agreed = 0;
    while (isSame(this.#open[agreed]?.word, rest[agreed])) agreed++;
    const open = rest.map((word, i) => ({ word, since: this.#open[i]?.since ?? recognisedUntil }));
    while (agreed < open.length && recognisedUntil - open[agreed]!.since >= maxLatency) agreed++;
    this.#open = open.slice(agreed);
    return this.#makeFinal(rest.slice(0, agreed));
  }

  /** The last hypothesis of this audio: @returns the words that it adds; all are final now. */
  conclude(words: readonly WordTiming[]): readonly WordTiming[] {
    this.#open = [];
    return this.#makeFinal(words.slice(countSaid(this.#final, words)));
  }

  /** There is no more hypothesis: @returns the words that were open; all are final now. */
  settle(): readonly WordTiming[] {
    const { open } = this;
    this.#open = [];
    return this.#makeFinal(open);
  }

  /** The audio of the first `count` final words is gone. @returns those words */
  forget(count: number): readonly WordTiming[] {
    return this.#final.splice(0, count);
  }

  #makeFinal(words: readonly WordTiming[]): readonly WordTiming[] {
    this.#final.push(...words);
    return words;
  }
}

/**
 * How many words of a hypothesis say again what is final: the beginning of it that is nearest to the
 * final words by edit distance. A model that now finds other words cannot take them back.
 */
function countSaid(final: readonly WordTiming[], words: readonly WordTiming[]): number {
  const last = final.at(-1);
  if (!last) return 0;
  /** distances[j]: from the final words so far to the first j words. */
  let distances = Array.from({ length: words.length + 1 }, (_, j) => j);
  for (const [i, said] of final.entries()) {
    const next = [i + 1];
    for (const [j, word] of words.entries()) {
      const replaced = distances[j]! + (isSame(said, word) ? 0 : 1);
      next.push(Math.min(replaced, distances[j + 1]! + 1, next[j]! + 1));
    }
    distances = next;
  }
  const least = Math.min(...distances);
  const nearest = [...distances.keys()].filter((j) => distances[j] === least);
  // Of several the one that ends as the final words do, else the one that is as long as they are.
  const cost = (j: number) =>
    Math.abs(j - final.length) + (isSame(words[j - 1], last) ? 0 : words.length + final.length);
  return nearest.reduce((best, j) => (cost(j) < cost(best) ? j : best));
}

/** Whether two words differ in case and punctuation only, which change when a sentence goes on. */
function isSame(a: WordTiming | undefined, b: WordTiming | undefined): boolean {
  return a !== undefined && b !== undefined && plain(a.word) === plain(b.word);
}

function plain(text: string): string {
  const letters = text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]/gu, "");
  return letters === "" ? text.trim() : letters;
}
