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

/** Text without brackets and what they hold. What < or [ opens, the first > or ] closes. */
export function removeBrackets(text: string): string {
  return text.replace(/[<[][^>\]]*[>\]]/gu, "").replace(/\([^)]+?\)/gu, "");
}

/** Spaces for symbols, punctuation, and marks that are not part of a letter's code point. */
function removeSymbols(text: string): string {
  return text.normalize("NFKC").replace(/[\p{M}\p{S}\p{P}]/gu, " ");
}

/** Symbols and punctuation but those in `kept` as spaces, and no diacritics. */
export function removeSymbolsAndDiacritics(text: string, kept = ""): string {
  return text.normalize("NFKD").replace(/[\p{M}\p{S}\p{P}œŒøØæÆßẞđĐðÐþÞłŁ]/gu, (character) => {
    if (kept.includes(character)) return character;
    return undecomposed[character] ?? (/\p{Mn}/u.test(character) ? "" : " ");
  });
}

/** Letters with diacritics, and ligatures, that NFKD leaves whole. */
const undecomposed: Readonly<Record<string, string>> = {
  œ: "oe",
  Œ: "OE",
  ø: "o",
  Ø: "O",
  æ: "ae",
  Æ: "AE",
  ß: "ss",
  ẞ: "SS",
  đ: "d",
  Đ: "D",
  ð: "d",
  Ð: "D",
  þ: "th",
  Þ: "th",
  ł: "l",
  Ł: "L",
};
