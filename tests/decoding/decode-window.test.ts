import { describe, expect, it } from "vitest";
import { decodeWindow } from "../../src/decoding/decode-window.ts";
import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";
import { suppressTokens } from "../../src/decoding/logit-rules.ts";
import type { Logits } from "../../src/decoding/window-decoder.ts";
import { ModelError, OptionError } from "../../src/errors.ts";
import { logitsFor, ScriptedDecoder } from "./scripted-decoder.ts";

const vocabSize = 8;
const endOfText = 7;
const noSpeech = 6;

const plan: DecodingPlan = {
  initialTokens: [5, 4],
  startIndex: 0,
  endOfText,
  noSpeech,
  rules: [],
  maxTokens: 10,
};

/** Answers `script` one token after another, from the last of `prompt` tokens on. */
function scripted(script: readonly number[], prompt = 2, contextLength = 20): ScriptedDecoder {
  return new ScriptedDecoder(vocabSize, contextLength, (position) => {
    return logitsFor(script[position - prompt + 1] ?? 0, vocabSize);
  });
}

const keepGoing = async () => {};

describe("decodeWindow", () => {
  it("samples the most probable tokens until end-of-text", async () => {
    const decoder = scripted([1, 3, 2, endOfText]);
    const window = await decodeWindow(decoder, plan, keepGoing);
    expect(window.tokens).toEqual([1, 3, 2]);
    // Four times 0.5, end-of-text included, over three tokens and one.
    expect(window.avgLogProb).toBeCloseTo(Math.log(0.5), 6);
  });

  it("feeds the prompt at once, then token by token, from an empty cache", async () => {
    const decoder = scripted([1, 3, endOfText]);
    await decodeWindow(decoder, plan, keepGoing);
    expect(decoder.resets).toBe(1);
    expect(decoder.feedings).toEqual([
      { tokens: [5, 4], rows: [1, 0] },
      { tokens: [1], rows: [0] },
      { tokens: [3], rows: [0] },
    ]);
    expect((await decodeWindow(decoder, plan, keepGoing)).tokens).toEqual([1, 3]);
  });

  it("gives no tokens when end-of-text comes first", async () => {
    const window = await decodeWindow(scripted([endOfText]), plan, keepGoing);
    expect(window.tokens).toEqual([]);
    expect(window.avgLogProb).toBeCloseTo(Math.log(0.5), 6);
  });

  it("stops at maxTokens, with a sum over one token more", async () => {
    const window = await decodeWindow(scripted([1, 1, 1, 1]), { ...plan, maxTokens: 3 }, keepGoing);
    expect(window.tokens).toEqual([1, 1, 1]);
    expect(window.avgLogProb).toBeCloseTo((3 * Math.log(0.5)) / 4, 6);
  });

  it("stops when the sequence is longer than the context", async () => {
    // As the reference: a prompt that fills the context still gives one token.
    for (const [contextLength, count] of [
      [2, 1],
      [3, 2],
      [6, 5],
    ] as const) {
      const decoder = scripted([1, 1, 1, 1, 1, 1, 1, 1], 2, contextLength);
      const window = await decodeWindow(decoder, plan, keepGoing);
      expect(window.tokens).toHaveLength(count);
    }
  });

  it("reads the no-speech probability at the start token, before any rule", async () => {
    const prompted = { ...plan, initialTokens: [1, 2, 5, 4], startIndex: 2 };
    const decoder = new ScriptedDecoder(vocabSize, 20, (position) => {
      return position === 2 ? logitsFor(noSpeech, vocabSize, 0.8) : logitsFor(endOfText, vocabSize);
    });
    const window = await decodeWindow(decoder, prompted, keepGoing);
    expect(decoder.feedings[0]!.rows).toEqual([3, 2]);
    expect(window.noSpeechProb).toBeCloseTo(0.8, 6);

    const startIsLast = {
      ...plan,
      initialTokens: [5],
      rules: [suppressTokens([noSpeech])],
    };
    const silent = new ScriptedDecoder(vocabSize, 20, () => logitsFor(noSpeech, vocabSize, 0.9));
    expect((await decodeWindow(silent, startIsLast, keepGoing)).noSpeechProb).toBeCloseTo(0.9, 6);
    expect(silent.feedings[0]!.rows).toEqual([0]);
  });

  it("takes a model without a no-speech token for one that always hears speech", async () => {
    const window = await decodeWindow(
      scripted([endOfText]),
      { ...plan, noSpeech: null },
      keepGoing,
    );
    expect(window.noSpeechProb).toBe(0);
  });

  it("takes log-probabilities after the rules, of which each sees the tokens so far", async () => {
    const seen: number[][] = [];
    const rules = [
      (_: Logits, sampled: readonly number[]) => {
        seen.push([...sampled]);
      },
      ({ values }: Logits) => {
        for (let id = 0; id < vocabSize; id++) if (id !== 2 && id !== 7) values[id] = -Infinity;
      },
    ];
    // 2 and 7 are equally improbable, so the first of them is taken, at one half.
    const window = await decodeWindow(
      scripted([1, 1]),
      { ...plan, rules, maxTokens: 2 },
      keepGoing,
    );
    expect(window.tokens).toEqual([2, 2]);
    expect(window.avgLogProb).toBeCloseTo((2 * Math.log(0.5)) / 3, 6);
    expect(seen).toEqual([[], [2]]);
  });

  it("tells every token and stops where the listener throws", async () => {
    const told: number[][] = [];
    const decoder = scripted([1, 2, 3, endOfText]);
    const controller = new AbortController();
    const decoding = decodeWindow(decoder, plan, async (tokens) => {
      told.push([...tokens]);
      if (tokens.length === 2) controller.abort(new Error("enough"));
      controller.signal.throwIfAborted();
    });
    await expect(decoding).rejects.toThrow("enough");
    expect(told).toEqual([[1], [1, 2]]);
    expect(decoder.feedings).toHaveLength(2); // nothing was computed after the abort
  });

  it("refuses to sample where every token is suppressed", async () => {
    const rules = [suppressTokens([0, 1, 2, 3, 4, 5, 6, 7])];
    const decoding = decodeWindow(scripted([1]), { ...plan, rules }, keepGoing);
    await expect(decoding).rejects.toThrow(OptionError);
    await expect(decoding).rejects.toThrow(
      "suppressTokens: expected some token left to sample, found all of them suppressed.",
    );
  });

  it.each([0, 3])("refuses logits that are not numbers, at id %i", async (id) => {
    const decoder = new ScriptedDecoder(vocabSize, 20, () => {
      return logitsFor(1, vocabSize).fill(Number.NaN, id, id + 1);
    });
    await expect(decodeWindow(decoder, plan, keepGoing)).rejects.toThrow(ModelError);
  });
});
