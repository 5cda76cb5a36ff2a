import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { checkDecodingOptions } from "../../src/options/check-options.ts";
import type { DecodingOptions } from "../../src/options/options.ts";

const names =
  "language, task, timestamps, encoderContext, prompt, prefix, suppressTokens, suppressBlank, maxInitialTimestamp, maxTokens, temperature, beamSize, patience, lengthPenalty, bestOf, seed, compressionRatioThreshold, logProbThreshold, noSpeechThreshold, conditionOnPreviousText, initialPrompt, carryInitialPrompt, clipTimestamps, hallucinationSilenceThreshold, prependPunctuations, appendPunctuations, voiceActivity, batchSize";

const detectorNames = "threshold, minSpeechDuration, minSilenceDuration, padding";
const clips = "start, end, start, end, ... in seconds from 0, no end before its start";

function expectRefusal(options: object, message: string): void {
  expect(() => checkDecodingOptions(options)).toThrow(OptionError);
  expect(() => checkDecodingOptions(options)).toThrow(message);
}

/** "option", or "option.its own". */
function lastName(options: object): string {
  const [name, value] = Object.entries(options).at(-1)!;
  const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
  return isNested ? `${name}.${lastName(value)}` : name;
}

describe("checkDecodingOptions", () => {
  it.each<DecodingOptions>([
    {},
    { language: "Hebrew", task: "translate", timestamps: "segment", encoderContext: "trimmed" },
    { prompt: [1, 2], prefix: [], suppressTokens: [0], suppressBlank: false, maxTokens: 1 },
    { maxInitialTimestamp: 0, noSpeechThreshold: 0.5, logProbThreshold: -2.5 },
    { maxInitialTimestamp: null, noSpeechThreshold: null, logProbThreshold: null },
    { temperature: 0.7, bestOf: 5, seed: 12, lengthPenalty: 0 },
    { temperature: [0, 0.2, 0.4], beamSize: 5, patience: 0.4, bestOf: 3, lengthPenalty: 1 },
    { temperature: [0.2, 0], beamSize: 1 },
    { compressionRatioThreshold: null, conditionOnPreviousText: false },
    { initialPrompt: "Names: Ada, Grace.", carryInitialPrompt: true },
    { carryInitialPrompt: false, hallucinationSilenceThreshold: null },
    { clipTimestamps: [] },
    { clipTimestamps: [0, 1.5, 1.5, 1.5, 10] },
    { timestamps: "word", hallucinationSilenceThreshold: 2, prependPunctuations: "¿" },
    { timestamps: "word", appendPunctuations: "" },
    { voiceActivity: true, batchSize: 4 },
    { voiceActivity: { threshold: 6, padding: 0 }, batchSize: 1 },
    { voiceActivity: false },
  ])("accepts %j", (options) => {
    expect(() => checkDecodingOptions(options)).not.toThrow();
  });

  it("takes undefined for left out", () => {
    const options = { language: undefined, patience: undefined, bestOf: undefined };
    expect(() => checkDecodingOptions(options as object)).not.toThrow();
  });

  it.each<[object, string]>([
    [{ language: 5 }, "a language code or English name; found 5."],
    [{ task: "lang_id" }, '"transcribe" or "translate"; found "lang_id".'],
    [{ timestamps: "char" }, '"none", "segment" or "word"; found "char".'],
    [{ encoderContext: null }, '"full" or "trimmed"; found null.'],
    [{ prompt: "hello" }, 'an array of token ids; found "hello".'],
    [{ prefix: [-1] }, "an array of token ids; found [-1]."],
    [{ suppressTokens: [1.5] }, "an array of token ids; found [1.5]."],
    [{ suppressBlank: 1 }, "true or false; found 1."],
    [{ maxInitialTimestamp: -1 }, "seconds from 0, or null; found -1."],
    [{ maxTokens: 0 }, "a whole number from 1; found 0."],
    [{ maxTokens: 2.5 }, "a whole number from 1; found 2.5."],
    [{ temperature: -0.1 }, "a number from 0, or a list of them; found -0.1."],
    [{ temperature: [] }, "a number from 0, or a list of them; found []."],
    [{ temperature: [0, "1"] }, 'a number from 0, or a list of them; found [0,"1"].'],
    [{ temperature: Number.POSITIVE_INFINITY }, "a number from 0"],
    [{ beamSize: 0 }, "a whole number from 1; found 0."],
    [{ beamSize: 5, patience: 0 }, "a number above 0; found 0."],
    [{ lengthPenalty: 1.1 }, "a number from 0 to 1; found 1.1."],
    [{ temperature: 1, bestOf: 2.5 }, "a whole number from 1; found 2.5."],
    [{ seed: -1 }, "a whole number from 0; found -1."],
    [{ noSpeechThreshold: Number.NaN }, "a number or null; found NaN."],
    [{ logProbThreshold: "-1" }, 'a number or null; found "-1".'],
    [{ compressionRatioThreshold: true }, "a number or null; found true."],
    [{ conditionOnPreviousText: "no" }, 'true or false; found "no".'],
    [{ initialPrompt: [1] }, "text; found [1]."],
    [{ clipTimestamps: "0,5" }, `${clips}; found "0,5".`],
    [{ clipTimestamps: [2, 1] }, `${clips}; found [2,1].`],
    [{ clipTimestamps: [-1] }, `${clips}; found [-1].`],
    [{ clipTimestamps: [0, 1, 5, 4] }, `${clips}; found [0,1,5,4].`],
    [{ clipTimestamps: [Number.NaN] }, `${clips}; found [null].`],
    [{ clipTimestamps: [0, 2, -1] }, `${clips}; found [0,2,-1].`],
    [{ hallucinationSilenceThreshold: -2 }, "seconds from 0, or null; found -2."],
    [{ voiceActivity: null }, "true, false or its own options; found null."],
    [{ voiceActivity: { loudness: 3 } }, `one of the options ${detectorNames}.`],
    [{ voiceActivity: { threshold: 0 } }, "a number from 1 to 60; found 0."],
    [{ voiceActivity: { threshold: "9" } }, 'a number from 1 to 60; found "9".'],
    [{ voiceActivity: { minSilenceDuration: Number.NaN } }, "a number from 0 to 60; found NaN."],
    [{ voiceActivity: { minSpeechDuration: 61 } }, "a number from 0 to 60; found 61."],
    [{ voiceActivity: { padding: -1 } }, "a number from 0 to 60; found -1."],
    [{ voiceActivity: true, batchSize: 0 }, "a whole number from 1; found 0."],
    [{ beams: 5 }, `one of the options ${names}.`],
  ])("refuses %j", (options, expected) => {
    expectRefusal(options, `${lastName(options)}: expected ${expected}`);
  });

  it.each<[DecodingOptions, string]>([
    [
      { beamSize: 5, temperature: 0.2 },
      "a beam search is for temperature 0; found temperature 0.2",
    ],
    [{ beamSize: 5, temperature: [0.2, 1] }, "found temperature [0.2,1]. Leave one of them out"],
    [
      { temperature: 0, bestOf: 5 },
      "samples are drawn above temperature 0 alone; found temperature 0.",
    ],
    [{ bestOf: 1, temperature: [0] }, "bestOf: samples are drawn above temperature 0 alone"],
    [
      { temperature: 0, beamSize: 5, bestOf: 5 },
      "bestOf: samples are drawn above temperature 0 alone",
    ],
    [{ patience: 2 }, "patience: expected beamSize too, as patience is a beam search's."],
    // Python's rounding: half of five is two, half of one is none.
    [
      { beamSize: 1, patience: 0.5 },
      "patience: expected beamSize * patience of 1 or more after rounding; found 1 * 0.5.",
    ],
    [
      { hallucinationSilenceThreshold: 2, timestamps: "segment" },
      'hallucinationSilenceThreshold: expected timestamps "word" too, without which it means nothing.',
    ],
    [{ prependPunctuations: "" }, 'prependPunctuations: expected timestamps "word" too'],
    [{ appendPunctuations: "." }, 'appendPunctuations: expected timestamps "word" too'],
    [{ carryInitialPrompt: true }, "carryInitialPrompt: expected initialPrompt too"],
    [{ batchSize: 4 }, "batchSize: expected voiceActivity too"],
    [{ batchSize: 4, voiceActivity: false }, "batchSize: expected voiceActivity too"],
    [
      { prompt: [1], initialPrompt: "Ada" },
      "prompt and initialPrompt: expected one of them, found both.",
    ],
    [
      { voiceActivity: true, clipTimestamps: [0] },
      "clipTimestamps: expected none with voiceActivity, which finds clips itself.",
    ],
    [
      { voiceActivity: true, batchSize: 2, conditionOnPreviousText: true },
      "conditionOnPreviousText: expected false with a batchSize of 2",
    ],
  ])("refuses the contradiction in %j", (options, message) => {
    expectRefusal(options, message);
  });
});
