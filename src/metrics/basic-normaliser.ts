import { removeBrackets, removeSymbols, removeSymbolsAndDiacritics } from "./remove-symbols.ts";
import { joinSpaces } from "./unicode-classes.ts";

export interface BasicNormaliserOptions {
  /** Take diacritics off letters ("é" becomes "e"); default false. */
  readonly removeDiacritics?: boolean;
  /** A space after each letter (grapheme), for languages without spaces; default false. */
  readonly splitLetters?: boolean;
}

/**
 * Text of any language as Whisper's authors compare it: lower case, without punctuation, symbols
 * and what stands in brackets (BasicTextNormalizer of whisper/normalizers/basic.py). A space may
 * remain at either end.
 */
export function normaliseBasic(
  text: string,
  { removeDiacritics = false, splitLetters = false }: BasicNormaliserOptions = {},
): string {
  const clean = removeDiacritics ? removeSymbolsAndDiacritics : removeSymbols;
  // Lower case again: compatibility forms may have hidden capitals.
  const plain = clean(removeBrackets(text.toLowerCase())).toLowerCase();
  return joinSpaces(splitLetters ? splitGraphemes(plain).join(" ") : plain);
}

function splitGraphemes(text: string): string[] {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
