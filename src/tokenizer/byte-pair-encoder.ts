import { TokenizerError } from "../errors.ts";
import { byteCharacters } from "./byte-alphabet.ts";
import { MinHeap } from "./min-heap.ts";
import type { Vocabulary } from "./vocabulary.ts";

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
