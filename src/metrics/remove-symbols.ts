/** Text without brackets and what they hold. What < or [ opens, the first > or ] closes. */
export function removeBrackets(text: string): string {
  return text.replace(/[<[][^>\]]*[>\]]/gu, "").replace(/\([^)]+?\)/gu, "");
}

/** Spaces for symbols, punctuation, and marks that are not part of a letter's code point. */
export function removeSymbols(text: string): string {
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
