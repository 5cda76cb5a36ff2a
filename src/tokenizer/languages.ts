/**
 * Whisper's languages: code and English name, in the order of their tokens (openai/whisper,
 * tokenizer.py, LANGUAGES; Cantonese since large-v3). A model knows those it has tokens for.
 */
export const languageNames: ReadonlyMap<string, string> = new Map(
  `en english, zh chinese, de german, es spanish, ru russian, ko korean, fr french, ja japanese,
  pt portuguese, tr turkish, pl polish, ca catalan, nl dutch, ar arabic, sv swedish, it italian,
  id indonesian, hi hindi, fi finnish, vi vietnamese, he hebrew, uk ukrainian, el greek, ms malay,
  cs czech, ro romanian, da danish, hu hungarian, ta tamil, no norwegian, th thai, ur urdu,
  hr croatian, bg bulgarian, lt lithuanian, la latin, mi maori, ml malayalam, cy welsh, sk slovak,
  te telugu, fa persian, lv latvian, bn bengali, sr serbian, az azerbaijani, sl slovenian,
  kn kannada, et estonian, mk macedonian, br breton, eu basque, is icelandic, hy armenian,
  ne nepali, mn mongolian, bs bosnian, kk kazakh, sq albanian, sw swahili, gl galician, mr marathi,
  pa punjabi, si sinhala, km khmer, sn shona, yo yoruba, so somali, af afrikaans, oc occitan,
  ka georgian, be belarusian, tg tajik, sd sindhi, gu gujarati, am amharic, yi yiddish, lo lao,
  uz uzbek, fo faroese, ht haitian creole, ps pashto, tk turkmen, nn nynorsk, mt maltese,
  sa sanskrit, lb luxembourgish, my myanmar, bo tibetan, tl tagalog, mg malagasy, as assamese,
  tt tatar, haw hawaiian, ln lingala, ha hausa, ba bashkir, jw javanese, su sundanese,
  yue cantonese`
    .split(/,\s+/)
    .map((entry): [string, string] => {
      const space = entry.indexOf(" ");
      return [entry.slice(0, space), entry.slice(space + 1)];
    }),
);

/** Other English names (openai/whisper, tokenizer.py, TO_LANGUAGE_CODE). */
const otherNames: readonly (readonly [name: string, code: string])[] = [
  ["burmese", "my"],
  ["castilian", "es"],
  ["flemish", "nl"],
  ["haitian", "ht"],
  ["letzeburgesch", "lb"],
  ["mandarin", "zh"],
  ["moldavian", "ro"],
  ["moldovan", "ro"],
  ["panjabi", "pa"],
  ["pushto", "ps"],
  ["sinhalese", "si"],
  ["valencian", "ca"],
];

const codes: ReadonlyMap<string, string> = new Map([
  ...Array.from(languageNames, ([code, name]) => [name, code] as const),
  ...otherNames,
]);

/** Tags of today for languages that Whisper knows by another. */
const otherCodes: ReadonlyMap<string, string> = new Map([
  ["jv", "jw"],
  ["nb", "no"],
  ["fil", "tl"],
]);

/**
 * Whisper's code of a language, in any case: a code or English name ("he", "Hebrew"), or a tag with
 * script or region, as BCP 47 or as a POSIX locale has it ("en-US", "zh-Hant", "pt_BR.UTF-8").
 */
export function findLanguageCode(language: string): string | null {
  const name = language.trim().toLowerCase();
  if (languageNames.has(name)) return name;
  const code = codes.get(name) ?? baseLanguage(name.replace(/\..*/, "").replaceAll("_", "-"));
  if (code === null) return null;
  const own = otherCodes.get(code) ?? code;
  return languageNames.has(own) ? own : null;
}

/** The language of a tag, its code the one in use today ("iw-IL" -> "he", "eng" -> "en"). */
function baseLanguage(tag: string): string | null {
  try {
    return new Intl.Locale(tag).language;
  } catch {
    return null; // no tag at all
  }
}

/** How many names a refusal proposes. */
const PROPOSED = 3;

/** Of the languages with these codes, those whose name or code is spelt most like `language`. */
export function nearestLanguages(language: string, codes: Iterable<string>): string[] {
  const wanted = language.trim().toLowerCase();
  return Array.from(codes, (code) => {
    const name = languageNames.get(code) ?? code;
    const distance = Math.min(editDistance(wanted, name), editDistance(wanted, code));
    return { label: name === code ? code : `${name} (${code})`, distance };
  })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, PROPOSED)
    .map(({ label }) => label);
}

/** Letters to replace, add or leave out (Levenshtein). */
function editDistance(a: string, b: string): number {
  let distances = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = distances[j]! + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, distances[j + 1]! + 1, next[j]! + 1));
    }
    distances = next;
  }
  return distances.at(-1)!;
}
