import { describe, expect, it } from "vitest";
import { findLanguageCode, languageNames } from "../../src/tokenizer/languages.ts";
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
    ["klingon", null],
    ["", null],
  ])("finds the code of %j: %j", (language, code) => {
    expect(findLanguageCode(language)).toBe(code);
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
