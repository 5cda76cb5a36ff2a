import { TokenizerError } from "../errors.ts";
import { byteCharacters, type Vocabulary } from "./vocabulary.ts";

/**
 * GPT-2's pre-tokenizer (github.com/openai/gpt-2, src/encoder.py): merges never cross the borders
 * of these pieces. Its \s is Unicode's White_Space, which differs from JavaScript's \s: that has
 * U+FEFF and lacks U+0085.
 */
const piece = new RegExp(
  [
    "'(?:[stmd]|re|ve|ll)", // English contractions, lower case only
    " ?\\p{L}+",
    " ?\\p{N}+",
    " ?[^\\p{White_Space}\\p{L}\\p{N}]+",
    "\\p{White_Space}+(?!\\P{White_Space})", // all spaces of a run but the one that leads a word
    "\\p{White_Space}+",
  ].join("|"),
  "gu",
);

/** Cuts text into pieces; joined they are the text again. */
export function splitPieces(text: string): string[] {
  return text.match(piece) ?? [];
}

/** Byte pair encoding of one piece of text: O(n log n) in its bytes. */
export class BytePairEncoder {
  /** Token id of each byte, -1 where the vocabulary lacks it. */
  readonly #byteIds: Int32Array;
  /** Rank of a merge by its pair of ids, see #rank. */
  readonly #ranks = new Map<number, number>();
  /** Id that a merge makes, by rank. */
  readonly #merged: Int32Array;
  readonly #vocabSize: number;

  constructor(vocabulary: Vocabulary) {
    const { ids, merges, tokens } = vocabulary;
    this.#vocabSize = tokens.length;
    this.#byteIds = Int32Array.from(byteCharacters, (character) => ids.get(character) ?? -1);
    this.#merged = Int32Array.from(merges, ([, , merged]) => merged);
    for (const [rank, [left, right]] of merges.entries()) {
      this.#ranks.set(left * this.#vocabSize + right, rank);
    }
  }

  /**
   * Merges neighbours while any pair has a rank, the lowest rank first and the leftmost among
   * equals.
   *
   * @throws TokenizerError for a byte that the vocabulary has no token for
   */
  encode(bytes: Uint8Array): number[] {
    const length = bytes.length;
    const ids = Int32Array.from(bytes, (byte) => this.#byteId(byte)); // -1: merged into its left
    const next = Int32Array.from(bytes, (_, i) => i + 1);
    const previous = Int32Array.from(bytes, (_, i) => i - 1);
    const candidates = new MinHeap();
    const offer = (left: number) => {
      const right = next[left]!;
      if (right === length) return;
      const rank = this.#rank(ids[left]!, ids[right]!);
      if (rank !== undefined) candidates.push(rank * length + left);
    };
    for (let i = 0; i < length; i++) offer(i);
    for (let best = candidates.pop(); best !== undefined; best = candidates.pop()) {
      const left = best % length;
      const right = next[left]!;
      const rank = Math.floor(best / length);
      // Stale when a merge since has taken either neighbour.
      if (ids[left] === -1 || right === length) continue;
      if (this.#rank(ids[left]!, ids[right]!) !== rank) continue;
      ids[left] = this.#merged[rank]!;
      ids[right] = -1;
      const after = next[right]!;
      next[left] = after;
      if (after < length) previous[after] = left;
      if (previous[left]! >= 0) offer(previous[left]!);
      offer(left);
    }
    return Array.from(ids).filter((id) => id !== -1);
  }

  #rank(left: number, right: number): number | undefined {
    return this.#ranks.get(left * this.#vocabSize + right);
  }

  #byteId(byte: number): number {
    const id = this.#byteIds[byte]!;
    if (id === -1) {
      const hex = `0x${byte.toString(16).padStart(2, "0")}`;
      throw new TokenizerError(
        `The model's vocabulary has no token for the byte ${hex} ("${byteCharacters[byte]}"): this text cannot be encoded for it.`,
        { found: hex },
      );
    }
    return id;
  }
}

/** A binary heap of numbers, the smallest first. */
export class MinHeap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  /** Removes and returns the smallest number; undefined when the heap is empty. */
  pop(): number | undefined {
    const items = this.#items;
    const smallest = items[0];
    const item = items.pop();
    if (item === undefined || items.length === 0) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= item) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    return smallest;
  }
}
