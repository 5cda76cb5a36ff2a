import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { checkDecodingOptions } from "../../src/options/check-options.ts";
import type { DecodingOptions } from "../../src/options/options.ts";

const names =
  "language, task, timestamps, encoderContext, prompt, prefix, suppressTokens, suppressBlank, maxInitialTimestamp, maxTokens, temperature, beamSize, patience, lengthPenalty, bestOf, seed, compressionRatioThreshold, logProbThreshold, noSpeechThreshold, conditionOnPreviousText, initialPrompt, carryInitialPrompt, clipTimestamps, hallucinationSilenceThreshold, prependPunctuations, appendPunctuations, voiceActivity, batchSize";

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
    [{ language: 5 }, "language: expected a language code or English name; found 5."],
    [{ task: "lang_id" }, 'task: expected "transcribe" or "translate"; found "lang_id".'],
    [{ timestamps: "char" }, 'timestamps: expected "none", "segment" or "word"; found "char".'],
    [{ encoderContext: null }, 'encoderContext: expected "full" or "trimmed"; found null.'],
    [{ prompt: "hello" }, 'prompt: expected an array of token ids; found "hello".'],
    [{ prefix: [-1] }, "prefix: expected an array of token ids; found [-1]."],
    [{ suppressTokens: [1.5] }, "suppressTokens: expected an array of token ids; found [1.5]."],
    [{ suppressBlank: 1 }, "suppressBlank: expected true or false; found 1."],
    [
      { maxInitialTimestamp: -1 },
      "maxInitialTimestamp: expected seconds from 0, or null; found -1.",
    ],
    [{ maxTokens: 0 }, "maxTokens: expected a whole number from 1; found 0."],
    [{ maxTokens: 2.5 }, "maxTokens: expected a whole number from 1; found 2.5."],
    [
      { temperature: -0.1 },
      "temperature: expected a number from 0, or a list of them; found -0.1.",
    ],
    [{ temperature: [] }, "temperature: expected a number from 0, or a list of them; found []."],
    [{ temperature: [0, "1"] }, "temperature: expected a number from 0, or a list of them"],
    [{ temperature: Number.POSITIVE_INFINITY }, "temperature: expected a number from 0"],
    [{ beamSize: 0 }, "beamSize: expected a whole number from 1; found 0."],
    [{ beamSize: 5, patience: 0 }, "patience: expected a number above 0; found 0."],
    [{ lengthPenalty: 1.1 }, "lengthPenalty: expected a number from 0 to 1; found 1.1."],
    [{ temperature: 1, bestOf: 2.5 }, "bestOf: expected a whole number from 1; found 2.5."],
    [{ seed: -1 }, "seed: expected a whole number from 0; found -1."],
    [{ noSpeechThreshold: Number.NaN }, "noSpeechThreshold: expected a number or null; found NaN."],
    [{ logProbThreshold: "-1" }, 'logProbThreshold: expected a number or null; found "-1".'],
    [{ compressionRatioThreshold: true }, "compressionRatioThreshold: expected a number or null"],
    [{ conditionOnPreviousText: "no" }, "conditionOnPreviousText: expected true or false"],
    [{ initialPrompt: [1] }, "initialPrompt: expected text; found [1]."],
    [{ clipTimestamps: "0,5" }, "clipTimestamps: expected start, end, start, end, ... in seconds"],
    [{ clipTimestamps: [2, 1] }, "no end before its start; found [2,1]."],
    [{ clipTimestamps: [-1] }, "found [-1]."],
    [{ clipTimestamps: [0, 1, 5, 4] }, "found [0,1,5,4]."],
    [{ clipTimestamps: [Number.NaN] }, "clipTimestamps: expected start"],
    [{ clipTimestamps: [0, 2, -1] }, "in seconds from 0, no end before its start; found [0,2,-1]."],
    [
      { timestamps: "word", hallucinationSilenceThreshold: -2 },
      "hallucinationSilenceThreshold: expected seconds from 0, or null; found -2.",
    ],
    [
      { voiceActivity: null },
      "voiceActivity: expected true, false or its own options; found null.",
    ],
    [
      { voiceActivity: { loudness: 3 } },
      "voiceActivity.loudness: expected one of the options threshold, minSpeechDuration, minSilenceDuration, padding.",
    ],
    [
      { voiceActivity: { threshold: 0 } },
      "voiceActivity.threshold: expected a number from 1 to 60",
    ],
    [{ voiceActivity: { threshold: "9" } }, "voiceActivity.threshold: expected a number from 1"],
    [
      { voiceActivity: { minSilenceDuration: Number.NaN } },
      "minSilenceDuration: expected a number",
    ],
    [{ voiceActivity: { minSpeechDuration: 61 } }, "minSpeechDuration: expected a number from 0"],
    [
      { voiceActivity: { padding: -1 } },
      "voiceActivity.padding: expected a number from 0 to 60; found -1.",
    ],
    [{ voiceActivity: true, batchSize: 0 }, "batchSize: expected a whole number from 1; found 0."],
    [{ beams: 5 }, `beams: expected one of the options ${names}.`],
  ])("refuses %j", (options, message) => {
    expect(() => checkDecodingOptions(options)).toThrow(OptionError);
    expect(() => checkDecodingOptions(options)).toThrow(message);
  });

  it.each<[DecodingOptions, string]>([
    [
      { beamSize: 5, temperature: 0.2 },
      "a beam search is for temperature 0; found temperature 0.2",
    ],
    [{ beamSize: 5, temperature: [0.2, 1] }, "found temperature [0.2,1]. Leave one of them out"],
    [{ bestOf: 5 }, "bestOf: samples are drawn above temperature 0 alone; found temperature 0."],
    [{ bestOf: 1, temperature: [0] }, "bestOf: samples are drawn above temperature 0 alone"],
    [{ beamSize: 5, bestOf: 5 }, "bestOf: samples are drawn above temperature 0 alone"],
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
    expect(() => checkDecodingOptions(options)).toThrow(OptionError);
    expect(() => checkDecodingOptions(options)).toThrow(message);
  });
});
