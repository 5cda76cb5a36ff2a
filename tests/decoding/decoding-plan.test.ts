import { describe, expect, it } from "vitest";
import type { GenerationConfig } from "../../src/checkpoint/generation-config.ts";
import {
  type DecodingPlan,
  initialPromptTokens,
  planDecoding,
  resolveLanguage,
  sequencesNeeded,
} from "../../src/decoding/decoding-plan.ts";
import { OptionError, TokenizerError } from "../../src/errors.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";
import { openTokenizer } from "../tokenizer/files.ts";
import { ArrayLogits } from "./array-logits.ts";
import { digitsTokenizer, ids, tinyTokenizer, vocabSize } from "./tiny-tokenizers.ts";

const generation: GenerationConfig = {
  isMultilingual: true,
  suppressTokens: [ids.b],
  beginSuppressTokens: null,
  contextLength: 20,
  alignmentHeads: [],
};
const englishOnly = { ...generation, isMultilingual: false };

/** A plan in Hebrew of the tiny multilingual model. */
function plan(
  options: DecodingOptions = {},
  changed: Partial<GenerationConfig> = {},
): DecodingPlan {
  return planDecoding(options, "he", tinyTokenizer(), { ...generation, ...changed });
}

/** Ids that the plan's rules forbid after `sampled`, all being equally probable. */
function forbidden({ rules }: DecodingPlan, sampled: readonly number[], size = vocabSize) {
  const logits = new ArrayLogits(new Float32Array(size));
  for (const rule of rules) rule(logits, sampled);
  return Array.from(logits.values.keys()).filter((id) => logits.values[id] === -Infinity);
}

describe("initial tokens", () => {
  const { startOfTranscript, he, transcribe, translate, noTimestamps, startOfPrev, a, b, c } = ids;

  it("name language and task, and that there are no timestamps", () => {
    expect(plan().initialTokens).toEqual([startOfTranscript, he, transcribe, noTimestamps]);
    expect(plan({ task: "translate", timestamps: "segment" }).initialTokens).toEqual([
      startOfTranscript,
      he,
      translate,
    ]);
    expect(plan().startIndex).toBe(0);
  });

  it("of a model of one language name neither", () => {
    const options: DecodingOptions = { language: "en" };
    const of = (options: DecodingOptions) => {
      return planDecoding(options, "en", tinyTokenizer(), englishOnly).initialTokens;
    };
    expect(of(options)).toEqual([startOfTranscript, noTimestamps]);
    expect(of({ ...options, timestamps: "segment" })).toEqual([startOfTranscript]);
  });

  it("end with the prefix", () => {
    const { initialTokens, startIndex } = plan({ prefix: [a, b], maxTokens: 4 });
    expect(initialTokens).toEqual([startOfTranscript, he, transcribe, noTimestamps, a, b]);
    expect(startIndex).toBe(0);
  });

  it("begin with the end of the prompt", () => {
    const { initialTokens, startIndex } = plan({ prompt: [a, b, c, a, b, c, a, b, c, a, b, c] });
    // n_text_ctx is 20: the last 20 / 2 - 1 are used.
    expect(initialTokens.slice(0, 11)).toEqual([
      startOfPrev,
      ...[a, b, c, a, b, c, a, b, c],
      startOfTranscript,
    ]);
    expect(startIndex).toBe(10);
    expect(plan({ prompt: [] }).initialTokens).toEqual(plan().initialTokens);
  });

  it("keep as much of the prefix as maxTokens leaves, or all where it leaves nothing", () => {
    const prefixOf = (maxTokens?: number) => {
      const options = { prefix: [a, b, c, a, b], ...(maxTokens && { maxTokens }) };
      return plan(options).initialTokens.slice(4);
    };
    expect(prefixOf(8)).toEqual([a, b]);
    expect(prefixOf(5)).toEqual([a, b, c, a, b]);
    expect(prefixOf(10)).toEqual([a, b, c, a, b]); // OpenAI's slice [-0:]
    expect(prefixOf()).toEqual([a, b, c, a, b]);
  });

  it("are refused where they do not fit the context", () => {
    const prompt = new Array(9).fill(a);
    expect(plan({ prompt, prefix: [a, a, a, a, a, a] }).initialTokens).toHaveLength(20);
    expect(() => plan({ prompt, prefix: [a, a, a, a, a, a, a] })).toThrow(
      "prompt and prefix: expected at most 20 tokens in all, found 21. Shorten them.",
    );
  });
});

describe("rules", () => {
  const { a, b, c, space, endOfText, noTimestamps, timestampBegin } = ids;
  const steering = [
    ids.startOfTranscript,
    ids.translate,
    ids.transcribe,
    ids.startOfLm,
    ids.startOfPrev,
    ids.noSpeech,
  ];

  it("suppress the model's list and the steering tokens, and blanks at the start", () => {
    expect(forbidden(plan(), [])).toEqual([b, space, endOfText, ...steering]);
    expect(forbidden(plan(), [a])).toEqual([b, ...steering]);
    expect(forbidden(plan({ suppressBlank: false }), [])).toEqual([b, ...steering]);
  });

  it("suppress the user's list in place of the model's, and nothing for an empty one", () => {
    expect(forbidden(plan({ suppressTokens: [c] }), [a])).toEqual([c, ...steering]);
    expect(forbidden(plan({ suppressTokens: [] }), [a])).toEqual([]);
    expect(forbidden(plan({}, { suppressTokens: [] }), [a])).toEqual([]);
  });

  it("forbid at the start what the model's files say, where they say it", () => {
    const options = { suppressTokens: [] };
    expect(forbidden(plan(options, { beginSuppressTokens: [c] }), [])).toEqual([c]);
    expect(forbidden(plan(options, { beginSuppressTokens: [] }), [])).toEqual([]);
  });

  it("hold timestamps back to the latest first one", () => {
    const allowedFirst = (options: DecodingOptions) => {
      const barred = forbidden(plan({ timestamps: "segment", ...options }), []);
      return Array.from({ length: vocabSize }, (_, id) => id)
        .filter((id) => !barred.includes(id))
        .map((id) => id - timestampBegin);
    };
    const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(allowedFirst({})).toEqual(all); // 1 s, and this model ends at 0.18 s
    expect(allowedFirst({ maxInitialTimestamp: null })).toEqual(all);
    expect(allowedFirst({ maxInitialTimestamp: 0.04 })).toEqual([0, 1, 2]);
    expect(allowedFirst({ maxInitialTimestamp: 0 })).toEqual([0]);
    // Half a step is rounded to even, as Python does.
    expect(allowedFirst({ maxInitialTimestamp: 0.05 })).toEqual([0, 1, 2]);
    expect(allowedFirst({ maxInitialTimestamp: 0.07 })).toEqual([0, 1, 2, 3, 4]);
  });

  it("forbid no timestamp where none are asked for", () => {
    expect(forbidden(plan({ suppressTokens: [] }), [a])).not.toContain(timestampBegin);
    expect(forbidden(plan({ suppressTokens: [] }), [a])).not.toContain(noTimestamps);
  });

  it("of a vocabulary without a space forbid end-of-text alone", () => {
    const digits = { ...englishOnly, suppressTokens: [] };
    const digitsPlan = planDecoding({}, null, digitsTokenizer(), digits);
    expect(digitsPlan.initialTokens).toEqual([3, 5]);
    expect(forbidden(digitsPlan, [], 6)).toEqual([2]);
    expect(forbidden(digitsPlan, [0], 6)).toEqual([]);
  });
});

describe("maxTokens", () => {
  it("is half of the context unless said otherwise", () => {
    expect(plan().maxTokens).toBe(10);
    expect(plan({}, { contextLength: 15 }).maxTokens).toBe(7);
    expect(plan({ maxTokens: 3 }).maxTokens).toBe(3);
  });

  it.each([0, -1, 2.5, 11, Number.NaN])("is refused when it is %s", (maxTokens) => {
    expect(() => plan({ maxTokens })).toThrow(OptionError);
    expect(() => plan({ maxTokens })).toThrow(
      `maxTokens: expected a whole number from 1 to 10; found ${maxTokens}.`,
    );
  });
});

describe("resolveLanguage", () => {
  const resolve = (options: DecodingOptions, of: GenerationConfig = generation) => {
    return resolveLanguage(options, tinyTokenizer(), of);
  };

  it.each([
    ["he", "he"],
    ["Hebrew", "he"],
    ["ENGLISH", "en"],
    ["gsw", "gsw"],
  ])("finds %s: %s", (language, code) => {
    expect(resolve({ language })).toBe(code);
  });

  it("leaves it to detection where a multilingual model is told nothing", () => {
    expect(resolve({})).toBeUndefined();
  });

  it.each(["de", "klingon", ""])("refuses %j and says what is possible", (language) => {
    expect(() => resolve({ language })).toThrow(OptionError);
    expect(() => resolve({ language })).toThrow(
      /^language: expected one of the model's 3, such as .*english \(en\).*; found ".*"\.$/,
    );
  });

  it("takes English alone from a model of one language", () => {
    expect(resolve({}, englishOnly)).toBe("en");
    expect(resolve({ language: "English" }, englishOnly)).toBe("en");
    for (const language of ["he", "klingon"]) {
      expect(() => resolve({ language }, englishOnly)).toThrow(OptionError);
    }
    expect(() => resolve({ task: "translate" }, englishOnly)).toThrow(OptionError);
  });

  it("knows no language of a model without language tokens", () => {
    expect(resolveLanguage({}, digitsTokenizer(), englishOnly)).toBeNull();
    expect(() => resolveLanguage({ language: "he" }, digitsTokenizer(), englishOnly)).toThrow(
      OptionError,
    );
  });

  it("refuses a multilingual model whose files name no language", () => {
    expect(() => resolveLanguage({}, digitsTokenizer(), generation)).toThrow(TokenizerError);
  });
});

describe("options that this model cannot do", () => {
  it.each<[DecodingOptions, Parameters<typeof tinyTokenizer>[0], string]>([
    [{ task: "translate" }, ["<|translate|>"], 'task: this model has no token for "translate".'],
    [{ prompt: [0] }, ["<|startofprev|>"], "prompt: this model has no token for a prompt."],
    [{ prompt: [0, 25] }, [], "prompt: expected token ids from 0 to 24; found 25."],
    [{ prefix: [-1] }, [], "prefix: expected token ids from 0 to 24; found -1."],
    [{ suppressTokens: [99] }, [], "suppressTokens: expected token ids from 0 to 24; found 99."],
  ])("%j without the tokens %j", (options, missing, message) => {
    const action = () => planDecoding(options, "he", tinyTokenizer(missing), generation);
    expect(action).toThrow(OptionError);
    expect(action).toThrow(message);
  });

  it("timestamps without timestamp tokens", () => {
    const action = () => {
      return planDecoding({ timestamps: "segment" }, null, digitsTokenizer(), englishOnly);
    };
    expect(action).toThrow(OptionError);
    expect(action).toThrow(
      'timestamps: this model has no timestamp tokens. Use timestamps "none", or another model.',
    );
  });
});

describe("attempts", () => {
  it("are greedy, then samples by the reference's ladder, unless more is asked for", () => {
    const { attempts, lengthPenalty, seed, thresholds } = plan();
    expect(attempts).toEqual([
      { search: "greedy", temperature: 0 },
      ...[0.2, 0.4, 0.6, 0.8, 1].map((temperature) => {
        return { search: "sampling", temperature, samples: 1 };
      }),
    ]);
    expect(plan({ temperature: 0 }).attempts).toEqual([{ search: "greedy", temperature: 0 }]);
    expect({ lengthPenalty, seed }).toEqual({ lengthPenalty: null, seed: 0 });
    expect(thresholds).toEqual({ compressionRatio: 2.4, logProb: -1, noSpeech: 0.6 });
  });

  it("are a beam search at temperature 0 and samples above", () => {
    const options = { temperature: [0, 0.5, 1], beamSize: 5, patience: 1.5, bestOf: 3 };
    expect(plan(options).attempts).toEqual([
      // Python rounds 7.5 to 8, and 2.5 to 2.
      { search: "beam", temperature: 0, beamSize: 5, mostFinished: 8 },
      { search: "sampling", temperature: 0.5, samples: 3 },
      { search: "sampling", temperature: 1, samples: 3 },
    ]);
    expect(plan({ temperature: 0, beamSize: 5, patience: 0.5 }).attempts).toEqual([
      { search: "beam", temperature: 0, beamSize: 5, mostFinished: 2 },
    ]);
    expect(plan({ temperature: 0.7 }).attempts).toEqual([
      { search: "sampling", temperature: 0.7, samples: 1 },
    ]);
  });

  it.each<[DecodingOptions, number]>([
    [{}, 1],
    [{ beamSize: 4 }, 4],
    [{ temperature: 1, bestOf: 3 }, 3],
    [{ temperature: [0, 1], bestOf: 3 }, 3],
    [{ temperature: [0, 1], beamSize: 5, bestOf: 3 }, 5],
    [{ temperature: [0, 1], beamSize: 2 }, 2],
  ])("of %j need %i sequences", (options, count) => {
    expect(sequencesNeeded(options)).toBe(count);
  });

  it("take thresholds, penalty and seed as they are given", () => {
    const { lengthPenalty, seed, thresholds } = plan({
      lengthPenalty: 0,
      seed: 9,
      compressionRatioThreshold: null,
      logProbThreshold: -2,
      noSpeechThreshold: null,
    });
    expect({ lengthPenalty, seed }).toEqual({ lengthPenalty: 0, seed: 9 });
    expect(thresholds).toEqual({ compressionRatio: null, logProb: -2, noSpeech: null });
  });
});

describe("the text of a plan", () => {
  it("has special tokens but no timestamps, and no white space around it", () => {
    const { textOf } = plan();
    const tokens = [ids.timestampBegin, ids.space, ids.a, ids.space, ids.en, ids.b, ids.space];
    expect(textOf(tokens)).toBe("a <|en|>b");
    expect(textOf([])).toBe("");
  });
});

describe("the initial prompt", () => {
  const tokens = (initialPrompt: string, contextLength = 20) => {
    return initialPromptTokens({ initialPrompt }, tinyTokenizer(), {
      ...generation,
      contextLength,
    });
  };

  it("is written behind one space", () => {
    expect(tokens("ab")).toEqual([ids.space, ids.a, ids.b]);
    expect(tokens("  a b ")).toEqual([ids.space, ids.a, ids.space, ids.b]);
    expect(initialPromptTokens({}, tinyTokenizer(), generation)).toEqual([]);
  });

  it("is refused where the model would not see it all", () => {
    expect(tokens("abcabcab")).toHaveLength(9);
    expect(() => tokens("abcabcabc")).toThrow(OptionError);
    expect(() => tokens("abcabcabc")).toThrow(
      /^initialPrompt: expected at most 9 tokens.*found 10/,
    );
    expect(() => tokens("ab", 8)).not.toThrow();
  });
});

interface ReferenceCase {
  readonly name: string;
  readonly options: {
    readonly language?: string;
    readonly task?: "translate";
    readonly prompt?: number[];
    readonly prefix?: number[];
    readonly sample_len?: number;
    readonly without_timestamps?: boolean;
  };
  readonly initial_tokens: number[];
  readonly sample_begin: number;
  readonly sot_index: number;
  readonly sample_len: number;
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"] as const)(
  "initial tokens against OpenAI's: %s",
  (model) => {
    const tokenizer = openTokenizer(model, "vocab.json");
    const { max_target_positions } = referenceJson(`models/${model}/config.json`);
    const { is_multilingual, suppress_tokens } = referenceJson(
      `models/${model}/generation_config.json`,
    );
    const { cases } = referenceJson(`refs/${model}/decode.json`) as { cases: ReferenceCase[] };

    it.each(cases)("$name", ({ options, ...expected }) => {
      const { language = "en", task, prompt, prefix, sample_len, without_timestamps } = options;
      const planned = planDecoding(
        {
          language,
          timestamps: without_timestamps ? "none" : "segment",
          ...(task && { task }),
          ...(prompt && { prompt }),
          ...(prefix && { prefix }),
          ...(sample_len && { maxTokens: sample_len }),
        },
        language,
        tokenizer,
        {
          isMultilingual: is_multilingual,
          suppressTokens: suppress_tokens,
          beginSuppressTokens: null,
          contextLength: max_target_positions,
          alignmentHeads: [],
        },
      );
      expect(planned.initialTokens).toEqual(expected.initial_tokens);
      expect(planned.initialTokens).toHaveLength(expected.sample_begin);
      expect(planned.startIndex).toBe(expected.sot_index);
      expect(planned.maxTokens).toBe(expected.sample_len);
    });
  },
);
