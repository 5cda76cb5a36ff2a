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

/** Whisper's code of a language given by code or English name, in any case ("he", "Hebrew"). */
export function findLanguageCode(language: string): string | null {
  const name = language.toLowerCase();
  return languageNames.has(name) ? name : (codes.get(name) ?? null);
}
