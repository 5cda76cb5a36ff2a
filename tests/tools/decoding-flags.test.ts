import { describe, expect, it } from "vitest";
import { OptionError, refuse } from "../../src/errors.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import { parseCommand, UsageError } from "../../tools/command-line.ts";
import { decodingFlags, errorInFlags, parseDecodingFlags } from "../../tools/decoding-flags.ts";

function parse(...args: string[]): DecodingOptions {
  return parseDecodingFlags(parseCommand(args, decodingFlags).values);
}

describe("decoding flags", () => {
  it("leave everything to its default", () => {
    expect(parse()).toEqual({});
  });

  it.each<[string[], DecodingOptions]>([
    [["--language", "Hebrew"], { language: "Hebrew" }],
    [["--task", "translate"], { task: "translate" }],
    [["--timestamps", "segment"], { timestamps: "segment" }],
    [["--timestamps", "word"], { timestamps: "word" }],
    [["--word_timestamps", "True"], { timestamps: "word" }],
    [["--word-timestamps"], { timestamps: "word" }],
    [["--word_timestamps", "False"], {}],
    [["--word_timestamps", "False", "--timestamps", "none"], { timestamps: "none" }],
    [["--word_timestamps", "True", "--timestamps", "word"], { timestamps: "word" }],
    [
      ["--timestamps=word", "--prepend_punctuations", "([", "--append-punctuations", ".,"],
      { timestamps: "word", prependPunctuations: "([", appendPunctuations: ".," },
    ],
    [
      ["--word_timestamps", "--hallucination_silence_threshold", "2"],
      { timestamps: "word", hallucinationSilenceThreshold: 2 },
    ],
    [["--hallucination_silence_threshold", "None"], { hallucinationSilenceThreshold: null }],

    [["--temperature", "0.4"], { temperature: 0.4 }],
    [["--temperature_increment_on_fallback", "None"], { temperature: 0 }],
    [["--temperature_increment_on_fallback", "None", "--temperature", "0"], { temperature: 0 }],
    [["--beam_size", "5", "--patience", "1.5"], { beamSize: 5, patience: 1.5 }],
    [["--beam-size", "None"], {}],
    [["--length_penalty", "0.6"], { lengthPenalty: 0.6 }],
    [["--best_of", "5", "--temperature", ".2"], { bestOf: 5, temperature: 0.2 }],
    [["--best_of", "None"], {}],
    [["--seed", "0"], { seed: 0 }],
    [["--compression_ratio_threshold", "2"], { compressionRatioThreshold: 2 }],
    [["--compression_ratio_threshold", "None"], { compressionRatioThreshold: null }],
    [["--logprob_threshold", "-1.5"], { logProbThreshold: -1.5 }],
    [["--logprob_threshold", "None"], { logProbThreshold: null }],
    [["--no_speech_threshold", "0.3"], { noSpeechThreshold: 0.3 }],
    [["--no_speech_threshold", "None"], { noSpeechThreshold: null }],

    [["--condition_on_previous_text", "False"], { conditionOnPreviousText: false }],
    [["--condition_on_previous_text", "True"], { conditionOnPreviousText: true }],
    [["--condition_on_previous_text"], { conditionOnPreviousText: true }],
    [["--initial_prompt", "Names: Ada"], { initialPrompt: "Names: Ada" }],
    [
      ["--initial-prompt=A", "--carry_initial_prompt", "True"],
      { initialPrompt: "A", carryInitialPrompt: true },
    ],
    [["--carry_initial_prompt", "False"], { carryInitialPrompt: false }],
    [["--prompt", "1,2", "--prefix", "3"], { prompt: [1, 2], prefix: [3] }],
    [["--suppress_tokens", "-1"], {}],
    [["--suppress_tokens", ""], { suppressTokens: [] }],
    [["--suppress_tokens", "1,2,3"], { suppressTokens: [1, 2, 3] }],
    [["--suppress-blank", "False"], { suppressBlank: false }],
    [["--max_initial_timestamp", "None"], { maxInitialTimestamp: null }],
    [["--max-initial-timestamp", "2.5"], { maxInitialTimestamp: 2.5 }],
    [["--max-tokens", "20"], { maxTokens: 20 }],

    [["--clip_timestamps", "0,10,20.5"], { clipTimestamps: [0, 10, 20.5] }],
    [["--clip_timestamps", ""], { clipTimestamps: [] }],
    [["--encoder-context", "trimmed"], { encoderContext: "trimmed" }],
    [["--voice-activity", "--batch-size", "4"], { voiceActivity: true, batchSize: 4 }],
  ])("%j", (args, expected) => {
    expect(parse(...args)).toEqual(expected);
  });

  it("make the ladder of temperatures that numpy's arange makes", () => {
    const ladder = (...args: string[]) => {
      return parse("--temperature_increment_on_fallback", ...args).temperature;
    };
    // Printed by numpy.arange(0, 1 + 1e-6, 0.2) and so on.
    expect(ladder("0.2")).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
    expect(ladder("0.5")).toEqual([0, 0.5, 1]);
    expect(ladder("0.3")).toEqual([0, 0.3, 0.6, 0.8999999999999999]);
    expect(ladder("2")).toEqual([0]);
    expect(ladder("0.2", "--temperature", "0.5")).toEqual([0.5, 0.7, 0.8999999999999999]);
    expect(ladder("0.2", "--temperature", "1")).toEqual([1]);
  });

  it("let beams be for the foot of a ladder and samples for the rest", () => {
    const args = ["--beam_size=5", "--best_of=5", "--temperature_increment_on_fallback=0.5"];
    expect(parse(...args)).toEqual({ beamSize: 5, bestOf: 5, temperature: [0, 0.5, 1] });
  });

  it.each([
    [["--language", " "], "--language: expected a code or an English name, found nothing."],
    [["--task", "sing"], '--task: expected transcribe, translate; found "sing".'],
    [["--timestamps", "all"], "--timestamps: expected none, segment, word"],
    [["--beam_size", "2.5"], '--beam_size: expected a whole number from 1, found "2.5".'],
    [["--beam-size", "0"], "--beam_size: expected a whole number from 1"],
    [["--patience", "none"], '--patience: expected a number, found "none".'],
    [["--temperature", ""], '--temperature: expected a number, found "".'],
    [["--temperature", "nan"], "--temperature: expected a number"],
    [["--temperature", "None"], "--temperature: expected a number"],
    [["--temperature", "-1"], "--temperature: expected a number from 0"],
    [["--temperature_increment_on_fallback", "0"], "expected a number from 0.01"],
    [["--temperature_increment_on_fallback", "-1"], "expected a number from 0.01"],
    [["--temperature_increment_on_fallback=.2", "--temperature=2"], "from 2 there is no way"],
    [["--beam_size", "5", "--temperature", "0.5"], "--beam_size: a beam search is for"],
    [["--best_of", "5", "--temperature", "0"], "--best_of: samples are drawn above temperature 0"],
    [["--patience", "2"], "--patience: expected --beam_size too"],
    [["--length_penalty", "2"], "--length_penalty: expected a number from 0 to 1; found 2"],
    [["--word_timestamps", "--timestamps", "segment"], "--word_timestamps True contradict"],
    [["--word_timestamps=False", "--timestamps=word"], "--word_timestamps False contradict"],
    [["--word_timestamps", "maybe"], "takes no other arguments"],
    [["--hallucination_silence_threshold", "2"], "--hallucination_silence_threshold: expected"],
    [["--append_punctuations", "."], "--append_punctuations: expected"],
    [["--prompt=1", "--initial_prompt=a"], "--prompt and --initial_prompt: expected one of them"],
    [["--carry_initial_prompt"], "--carry_initial_prompt: expected --initial_prompt too"],
    [["--batch_size", "4"], "--batch-size: expected --voice-activity too"],
    [["--suppress_tokens", "-1,5"], "--suppress_tokens: expected -1 (the model's own list)"],
    [["--suppress_tokens", "a"], "--suppress_tokens: expected a whole number"],
    [["--clip_timestamps", "10,5"], "--clip_timestamps: expected start, end"],
    [["--clip_timestamps", "1,,2"], '--clip_timestamps: expected a number, found "".'],
  ])("refuse %j", (args, message) => {
    const parsing = () => {
      const { values, positionals } = parseCommand(args, decodingFlags);
      if (positionals.length > 0) throw new UsageError("takes no other arguments");
      return parseDecodingFlags(values);
    };
    expect(parsing).toThrow(UsageError);
    expect(parsing).toThrow(message);
  });

  it.each([
    ["initialPrompt", "expected text", "--initial_prompt: expected text"],
    ["language", "expected one of en, de", "--language: expected one of en, de"],
    ["prompt and prefix", "too long", "--prompt and --prefix: too long"],
    ["hasTimes", 'found "initialPrompt"', 'hasTimes: found "initialPrompt"'],
  ])("name the option of an error by its flag: %s", (option, reason, expected) => {
    const error = errorInFlags(refuse(option, reason, { found: 1 }));
    expect(error).toEqual(new OptionError(expected, { option, found: 1 }));
    expect(error).toMatchObject({ details: { option, found: 1 } });
  });

  it("leave other errors alone", () => {
    for (const error of [new Error("language: no"), new OptionError("--model initial: nothing")]) {
      expect(errorInFlags(error)).toBe(error);
    }
  });
});
