import { expect, it } from "vitest";
import { detectLanguage } from "../../src/decoding/detect-language.ts";
import { ScriptedDecoder } from "./scripted-decoder.ts";

it("compares the languages alone, after the start token and nothing else", () => {
  // Probabilities of the whole vocabulary; the languages are 2 and 4.
  const probabilities = [0.5, 0.1, 0.1, 0, 0.3];
  const decoder = new ScriptedDecoder({ vocabSize: 5, contextLength: 8 }, () => {
    return Float32Array.from(probabilities, Math.log);
  });
  decoder.feed([1, 1], [0]);
  const languages = new Map([
    ["en", 2],
    ["he", 4],
  ]);
  const detected = detectLanguage(decoder, 3, languages);
  expect(detected.language).toBe("he");
  expect(detected.probabilities.get("en")).toBeCloseTo(0.25, 6);
  expect(detected.probabilities.get("he")).toBeCloseTo(0.75, 6);
  expect(detected.probabilities.size).toBe(2);
  expect(decoder.passes.slice(1)).toEqual([[{ sequence: 0, tokens: [3], rows: [0] }]]);
  expect(decoder.resets).toBe(2); // before and after
});
