import { TokenizerError } from "../errors.ts";
import { BytePairEncoder, splitPieces } from "./byte-pair-encoder.ts";
import {
  findLanguages,
  findSpecialTokens,
  isMarker,
  type SpecialTokens,
  secondsPerTimestamp,
} from "./special-tokens.ts";
import {
  characterBytes,
  readVocabulary,
  type TokenizerFiles,
  type Vocabulary,
} from "./vocabulary.ts";

/**
 * Reads a model's byte-level BPE tokenizer.
 *
 * @param facts.vocabSize vocab_size of config.json
 * @throws TokenizerError that names the file and what is wrong in it
 */
export function createTokenizer(
  files: TokenizerFiles,
  facts: { readonly vocabSize: number },
): Tokenizer {
  return new Tokenizer(readVocabulary(files, facts.vocabSize));
}

/** Text to token ids and back, as openai/whisper's tokenizer does it. */
export class Tokenizer {
  readonly vocabSize: number;
  readonly special: SpecialTokens;
  /** Ids of the language tokens by Whisper's language code; empty where the model has none. */
  readonly languages: ReadonlyMap<string, number>;
  /** The token of a single space; null where the vocabulary cannot write one. */
  readonly space: number | null;
  readonly #vocabulary: Vocabulary;
  readonly #encoder: BytePairEncoder;

  constructor(vocabulary: Vocabulary) {
    this.vocabSize = vocabulary.tokens.length;
    this.special = findSpecialTokens(vocabulary);
    this.languages = findLanguages(vocabulary, this.special);
    this.space = vocabulary.ids.get("Ġ") ?? null;
    this.#vocabulary = vocabulary;
    this.#encoder = new BytePairEncoder(vocabulary);
  }

  /**
   * Ids of ordinary text: markers written in it ("<|en|>") are text like any other.
   *
   * @throws TokenizerError for text that a cut vocabulary cannot write
   */
  encode(text: string): number[] {
    const utf8 = new TextEncoder();
    return splitPieces(text).flatMap((piece) => this.#encoder.encode(utf8.encode(piece)));
  }

  /**
   * Text of ids without the timestamps among them; other markers are kept ("<|endoftext|>").
   * Broken UTF-8 becomes U+FFFD, one for each maximal subpart.
   *
   * @throws TokenizerError for an id outside the vocabulary
   */
  decode(ids: readonly number[]): string {
    return this.decodeWithTimestamps(ids.filter((id) => !this.isTimestamp(id)));
  }

  /** Text of ids with all markers, timestamps as "<|1.08|>" (seconds). */
  decodeWithTimestamps(ids: readonly number[]): string {
    const bytes = ids.flatMap((id) => this.#bytes(id));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }

  /** Text of ids without any marker; ids that no file names (a padded embedding) have no text. */
  decodeText(ids: readonly number[]): string {
    return this.decode(ids.filter((id) => this.isText(id)));
  }

  /** Whether an id is text, neither a marker nor a timestamp nor without a token. */
  isText(id: number): boolean {
    const token = this.#vocabulary.tokens[id];
    return token !== undefined && !isMarker(token);
  }

  isTimestamp(id: number): boolean {
    const { timestampBegin, timestampEnd } = this.special;
    return timestampBegin !== null && id >= timestampBegin && id < timestampEnd!;
  }

  /** Seconds from the window's start that a timestamp tells. */
  timestampSeconds(id: number): number {
    return (id - this.special.timestampBegin!) * secondsPerTimestamp;
  }

  #bytes(id: number): number[] {
    const { tokens, added } = this.#vocabulary;
    const token = this.isTimestamp(id) ? this.#timestamp(id) : tokens[id];
    if (token === undefined) {
      throw new TokenizerError(
        `Token ids of this model run from 0 to ${this.vocabSize - 1}; found ${id}, which has no token.`,
        { expected: `0 .. ${this.vocabSize - 1}`, found: id },
      );
    }
    if (added.has(id)) return Array.from(new TextEncoder().encode(token));
    return Array.from(token, (character) => characterBytes.get(character)!);
  }

  #timestamp(id: number): string {
    return `<|${this.timestampSeconds(id).toFixed(2)}|>`;
  }
}
