import { removeBrackets, removeSymbolsAndDiacritics } from "./basic-normaliser.ts";
import { normaliseNumbers } from "./english-numbers.ts";
import { americanSpelling } from "./english-spelling.ts";
import {
  digit,
  joinSpaces,
  space,
  splitAtSpaces,
  wordBegins,
  wordEnds,
} from "./unicode-classes.ts";

/**
 * English text as Whisper's authors compare it: lower case, American spelling, contractions and
 * titles written out, numbers as digits, no fillers, no punctuation (EnglishTextNormalizer of
 * whisper/normalizers/english.py).
 */
export function normaliseEnglish(text: string): string {
  let plain = removeBrackets(text.toLowerCase());
  for (const [pattern, replacement] of rewritings) plain = plain.replace(pattern, replacement);
  plain = normaliseNumbers(removeSymbolsAndDiacritics(plain, ".%$¢€£"));
  plain = splitAtSpaces(plain).map(americanSpelling).join(" ");
  // Signs of numbers that are not at numbers.
  plain = plain.replace(/[.$¢€£]([^0-9])/gu, " $1").replace(/([^0-9])%/gu, "$1 ");
  return joinSpaces(plain);
}

/** Whole words, written otherwise. */
const words: readonly (readonly [word: string, replacement: string])[] = [
  ["won't", "will not"],
  ["can't", "can not"],
  ["let's", "let us"],
  ["ain't", "aint"],
  ["y'all", "you all"],
  ["wanna", "want to"],
  ["gotta", "got to"],
  ["gonna", "going to"],
  ["i'ma", "i am going to"],
  ["imma", "i am going to"],
  ["woulda", "would have"],
  ["coulda", "could have"],
  ["shoulda", "should have"],
  ["ma'am", "madam"],
  ["mr", "mister "],
  ["mrs", "missus "],
  ["st", "saint "],
  ["dr", "doctor "],
  ["prof", "professor "],
  ["capt", "captain "],
  ["gov", "governor "],
  ["ald", "alderman "],
  ["gen", "general "],
  ["sen", "senator "],
  ["rep", "representative "],
  ["pres", "president "],
  ["rev", "reverend "],
  ["hon", "honorable "],
  ["asst", "assistant "],
  ["assoc", "associate "],
  ["lt", "lieutenant "],
  ["col", "colonel "],
  ["jr", "junior "],
  ["sr", "senior "],
  ["esq", "esquire "],
];

/** Ends of words; the perfect tenses first, for what 'd and 's stand for depends on what follows. */
const endings: readonly (readonly [ending: string, replacement: string])[] = [
  ["'d been", " had been"],
  ["'s been", " has been"],
  ["'d gone", " had gone"],
  ["'s gone", " has gone"],
  ["'d done", " had done"],
  ["'s got", " has got"],
  ["n't", " not"],
  ["'re", " are"],
  ["'s", " is"],
  ["'d", " would"],
  ["'ll", " will"],
  ["'t", " not"],
  ["'ve", " have"],
  ["'m", " am"],
];

/** In this order, one after the other over the whole text. */
const rewritings: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  rewrite(`${wordBegins}(?:hmm|mm|mhm|mmm|uh|um)${wordEnds}`, ""),
  rewrite(`${space}+'`, "'"),
  ...words.map(([word, text]) => rewrite(`${wordBegins}${word}${wordEnds}`, text)),
  ...endings.map(([ending, text]) => rewrite(`${ending}${wordEnds}`, text)),
  rewrite(`(${digit}),(${digit})`, "$1$2"),
  // Full stops stay in numbers only.
  rewrite("\\.([^0-9]|$)", " $1"),
];

function rewrite(pattern: string, replacement: string): readonly [RegExp, string] {
  return [new RegExp(pattern, "gu"), replacement];
}
