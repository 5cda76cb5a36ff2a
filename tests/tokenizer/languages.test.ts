import { describe, expect, it } from "vitest";
import {
  findLanguageCode,
  languageNames,
  nearestLanguages,
} from "../../src/tokenizer/languages.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

describe("Whisper's languages", () => {
  it.each([
    ["he", "he"],
    ["Hebrew", "he"],
    ["EN", "en"],
    ["haitian creole", "ht"],
    ["Haitian", "ht"],
    ["castilian", "es"],
    ["Mandarin", "zh"],
    ["Cantonese", "yue"],
    ["haw", "haw"],
    ["en-US", "en"],
    ["pt_BR", "pt"],
    ["de_DE.UTF-8", "de"],
    ["zh-Hant", "zh"],
    ["zh-Hant-TW", "zh"],
    ["cmn", "zh"],
    ["yue-HK", "yue"],
    ["iw-IL", "he"],
    ["nb-NO", "no"],
    ["jv", "jw"],
    ["eng", "en"],
    [" German ", "de"],
    ["klingon", null],
    ["tlh", null],
    ["english, please", null],
    ["", null],
  ])("finds the code of %j: %j", (language, code) => {
    expect(findLanguageCode(language)).toBe(code);
  });

  it.each([
    ["grman", "german (de)"],
    ["Spansh", "spanish (es)"],
    ["ukranian", "ukrainian (uk)"],
  ])("proposes for %j: %s", (language, nearest) => {
    const proposed = nearestLanguages(language, languageNames.keys());
    expect(proposed).toHaveLength(3);
    expect(proposed[0]).toBe(nearest);
  });

  it("names a hundred languages, each found by its name", () => {
    expect(languageNames.size).toBe(100);
    for (const [code, name] of languageNames) expect(findLanguageCode(name)).toBe(code);
  });
});

describeWithReference("Whisper's languages against OpenAI's", () => {
  it("are those of the reference, in the same order", () => {
    const { language_ids } = referenceJson("tokenizer/multilingual.json");
    expect([...languageNames.keys()]).toEqual([...Object.keys(language_ids), "yue"]);
  });
});
