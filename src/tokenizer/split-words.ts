import type { Tokenizer } from "./tokenizer.ts";
import { stripSpace } from "./white-space.ts";

/** A word and the tokens that spell it. */
export interface TokenWord {
  /** The space before it included. */
  readonly word: string;
  readonly tokens: readonly number[];
}

/** Whisper's languages that write no spaces between words (whisper/tokenizer.py). */
const withoutSpaces: ReadonlySet<string> = new Set(["zh", "ja", "th", "lo", "my", "yue"]);

/** Python's string.punctuation. */
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

const replacement = "\ufffd";

/**
 * Cuts tokens into words as the reference does (whisper/tokenizer.py, split_to_word_tokens): before
 * spaces, punctuation and markers; wherever whole characters end in languages without spaces, and
 * with vocabularies that cannot write one. Tokens at the end that spell no whole character are left
 * out, as the reference leaves them out.
 *
 * @param language Whisper's code; null for models that name none
 */
export function splitWords(
  tokenizer: Tokenizer,
  tokens: readonly number[],
  language: string | null,
): TokenWord[] {
  const characters = splitCharacters(tokenizer, tokens);
  const hasSpaces = tokenizer.space !== null && !withoutSpaces.has(language ?? "");
  return hasSpaces ? joinCharacters(tokenizer, characters) : characters;
}

/** The shortest runs of tokens that are whole characters. */
function splitCharacters(tokenizer: Tokenizer, tokens: readonly number[]): TokenWord[] {
  // Positions count characters, not UTF-16 units, lest broken bytes beside an emoji shift them.
  const whole = Array.from(tokenizer.decodeWithTimestamps(tokens));
  const words: TokenWord[] = [];
  let run: number[] = [];
  let offset = 0;
  for (const token of tokens) {
    run.push(token);
    const word = tokenizer.decodeWithTimestamps(run);
    const characters = Array.from(word);
    const broken = characters.indexOf(replacement);
    // What is broken in the whole text too will not be mended by the next token.
    if (broken < 0 || whole[offset + broken] === replacement) {
      words.push({ word, tokens: run });
      run = [];
      offset += characters.length;
    }
  }
  return words;
}

/** Joins what follows a word without a space; punctuation and markers stand alone. */
function joinCharacters(tokenizer: Tokenizer, characters: readonly TokenWord[]): TokenWord[] {
  const words: { word: string; tokens: number[] }[] = [];
  for (const { word, tokens } of characters) {
    const last = words.at(-1);
    const standsAlone =
      !tokenizer.isText(tokens[0]!) ||
      word.startsWith(" ") ||
      punctuation.includes(stripSpace(word));
    if (last === undefined || standsAlone) {
      words.push({ word, tokens: [...tokens] });
    } else {
      last.word += word;
      last.tokens.push(...tokens);
    }
  }
  return words;
}
