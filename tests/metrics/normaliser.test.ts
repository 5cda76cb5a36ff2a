import { describe, expect, it } from "vitest";
import { americanSpelling } from "../../src/metrics/english-spelling.ts";
import { normaliseBasic, normaliseEnglish } from "../../src/metrics/index.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

describeWithReference("the normalisers on the reference", () => {
  interface Pair {
    readonly in: string;
    readonly out: string;
    readonly remove_diacritics: boolean;
    readonly split_letters: boolean;
  }

  it("give all English pairs", () => {
    const pairs: Pair[] = referenceJson("tokenizer/normalizer.json").english;
    expect(pairs.length).toBeGreaterThan(40);
    expect(pairs.map((pair) => [pair.in, normaliseEnglish(pair.in)])).toEqual(
      pairs.map((pair) => [pair.in, pair.out]),
    );
  });

  it("give all basic pairs, with and without diacritics and splitting", () => {
    const pairs: Pair[] = referenceJson("tokenizer/normalizer.json").basic;
    expect(pairs.length).toBeGreaterThan(50);
    const found = pairs.map((pair) => {
      const options = {
        removeDiacritics: pair.remove_diacritics,
        splitLetters: pair.split_letters,
      };
      return [pair.in, options, normaliseBasic(pair.in, options)];
    });
    expect(found).toEqual(found.map(([text, options], i) => [text, options, pairs[i]!.out]));
  });

  it("know the spelling of every word in OpenAI's table", () => {
    const table: Record<string, string> = referenceJson("models/multi-d32-f16/normalizer.json");
    const words = Object.keys(table).filter((word) => !word.includes(" "));
    expect(words).toHaveLength(1738);
    expect(Object.fromEntries(words.map((word) => [word, americanSpelling(word)]))).toEqual(
      Object.fromEntries(words.map((word) => [word, table[word]])),
    );
  });
});

describe("normaliseBasic", () => {
  it.each([
    ["A (very) [loud] <unk> day!", "a day "],
    ["[left > open", " open"],
    ["[ never closed", " never closed"],
    ["\u0085a\u001cb\ufeffc", " a b\ufeffc"],
    ["ΟΔΟΣ", "οδος"],
  ])("%j", (text, expected) => {
    expect(normaliseBasic(text)).toBe(expected);
  });

  it("takes diacritics off", () => {
    expect(normaliseBasic("Žluťoučký kůň", { removeDiacritics: true })).toBe("zlutoucky kun");
    expect(normaliseBasic("Žluťoučký kůň")).toBe("žluťoučký kůň");
  });

  it("splits into graphemes, not code points", () => {
    // Two leading consonants before a syllable, which NFKC has no code point for.
    expect(normaliseBasic("\u1100\ua960한국", { splitLetters: true })).toBe("\u1100\ua960한 국");
  });
});

/** Expected texts are those of openai/whisper's EnglishTextNormalizer. */
describe("normaliseEnglish", () => {
  it.each([
    ["ninth and nineth", "ninth and 9th"],
    ["the twenty first of may", "the 21st of may"],
    ["two hundred and three", "203"],
    ["two and three", "2 and 3"],
    ["one million two thousand three hundred", "1002300"],
    ["two point five six", "2.56"],
    ["point five", ".5"],
    ["three point", "3 point"],
    ["the point is", "the point is"],
    ["triple o", "000"],
    ["double trouble", "double trouble"],
    ["minus five degrees", "-5 degrees"],
    ["minus the cost", "minus the cost"],
    ["fifty per cent", "50%"],
    ["fifty per day", "50 per day"],
    ["percent", "percent"],
    ["dollars", "dollars"],
    ["five euros and seven cents", "€5.07"],
    ["$2 and ¢7", "$2.07"],
    ["£0.05", "¢5"],
    ["0.36", "0.36"],
    ["01", "one"],
    ["1s", "ones"],
    ["one oh one", "101"],
    ["nineteen eighty four", "1984"],
    ["five hundred eleven", "511"],
    ["three hundreds", "300s"],
    ["third hundred", "3rd 100"],
    ["2.0 million", "2000000"],
    ["1.2345 thousand", "one.2345 1000"],
    ["192 point 168 point 1", "192.168 one"],
    ["zero million", "0"],
    ["one decillion and one", "1000000000000000000000000000000001"],
    ["the constructor", "the constructor"],
    ["hundred and a half", "100.5"],
    ["time and a half", "time and a half"],
    ["twenty twenties", "2020s"],
    ["sixes and sevens", "6s and 7s"],
    ["10km 5th 5 th", "10 km 5th 5th"],
    ["1,234,567.89", "1234567.89"],
    ["٣ point ٥ million", "3500000"],
  ])("numbers: %j", (text, expected) => {
    expect(normaliseEnglish(text)).toBe(expected);
  });

  it.each([
    ["He 's been; she'd gone, they've", "he has been she had gone they have"],
    ["Mrs. Smith, Lt. Gen.", "missus smith lieutenant general"],
    ["Uhm, um... MM-HMM", "uhm ."],
    ["y'all imma woulda", "you all i am going to would have"],
    ["Über-organised Æsop", "uber organized aesop"],
    ["5 % of $ 5", "5 of 5"],
  ])("words: %j", (text, expected) => {
    expect(normaliseEnglish(text)).toBe(expected);
  });
});
