import { describe, expect, it } from "vitest";
import { checkDecodingOptions } from "../../src/decoding/check-options.ts";
import { OptionError } from "../../src/errors.ts";
import type { DecodingOptions } from "../../src/options.ts";

describe("checkDecodingOptions", () => {
  it.each<DecodingOptions>([
    {},
    { language: "Hebrew", task: "translate", timestamps: "segment", encoderContext: "trimmed" },
    { prompt: [1, 2], prefix: [], suppressTokens: [0], suppressBlank: false, maxTokens: 1 },
    { maxInitialTimestamp: 0, noSpeechThreshold: 0.5, logProbThreshold: -2.5 },
    { maxInitialTimestamp: null, noSpeechThreshold: null, logProbThreshold: null },
  ])("accepts %j", (options) => {
    expect(() => checkDecodingOptions(options)).not.toThrow();
  });

  it("takes undefined for left out", () => {
    expect(() => checkDecodingOptions({ language: undefined } as object)).not.toThrow();
  });

  it.each<[object, string]>([
    [{ language: 5 }, "language: expected a language code or English name; found 5."],
    [{ task: "lang_id" }, 'task: expected "transcribe" or "translate"; found "lang_id".'],
    [{ timestamps: "word" }, 'timestamps: expected "none" or "segment"; found "word".'],
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
    [{ noSpeechThreshold: Number.NaN }, "noSpeechThreshold: expected a number or null; found NaN."],
    [{ logProbThreshold: "-1" }, 'logProbThreshold: expected a number or null; found "-1".'],
    [
      { beamSize: 5 },
      "beamSize: expected one of the options language, task, timestamps, encoderContext, prompt, prefix, suppressTokens, suppressBlank, maxInitialTimestamp, maxTokens, noSpeechThreshold, logProbThreshold.",
    ],
  ])("refuses %j", (options, message) => {
    expect(() => checkDecodingOptions(options)).toThrow(OptionError);
    expect(() => checkDecodingOptions(options)).toThrow(message);
  });
});
