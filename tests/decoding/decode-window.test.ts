import { describe, expect, it } from "vitest";
import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";
import { suppressTokens } from "../../src/decoding/logit-rules.ts";
import type { RunningWindow } from "../../src/decoding/run-searches.ts";
import type { Logits } from "../../src/decoding/window-decoder.ts";
import { ModelError, OptionError } from "../../src/errors.ts";
import { decodeOne } from "./decode-one.ts";
import { logitsFor, ScriptedDecoder } from "./scripted-decoder.ts";
import { endOfText, noSpeech, tinyPlan as plan, vocabSize } from "./tiny-plan.ts";

/** Answers `script` one token after another, from the last of `prompt` tokens on. */
function scripted(script: readonly number[], prompt = 2, contextLength = 20): ScriptedDecoder {
  return new ScriptedDecoder({ vocabSize, contextLength }, ({ length }) => {
    return logitsFor(script[length - prompt] ?? 0, vocabSize);
  });
}

function decode(decoder: ScriptedDecoder, changed: Partial<DecodingPlan> = {}) {
  return decodeOne(decoder, { ...plan, ...changed });
}

describe("greedy decoding of a window", () => {
  it("samples the most probable tokens until end-of-text", async () => {
    const window = await decode(scripted([1, 3, 2, endOfText]));
    expect(window.tokens).toEqual([1, 3, 2]);
    expect(window.text).toBe("132");
    expect(window.temperature).toBe(0);
    expect(window.compressionRatio).toBeCloseTo(3 / 11, 6);
    // Four times 0.5, end-of-text included, over three tokens and one.
    expect(window.sumLogProb).toBeCloseTo(4 * Math.log(0.5), 6);
    expect(window.avgLogProb).toBeCloseTo(Math.log(0.5), 6);
  });

  it("feeds the prompt at once, then token by token, from an empty cache", async () => {
    const decoder = scripted([1, 3, endOfText]);
    await decode(decoder);
    expect(decoder.resets).toBe(1);
    expect(decoder.passes).toEqual([
      [{ sequence: 0, tokens: [5, 4], rows: [1, 0] }],
      [{ sequence: 0, tokens: [1], rows: [0] }],
      [{ sequence: 0, tokens: [3], rows: [0] }],
    ]);
    expect((await decode(decoder)).tokens).toEqual([1, 3]);
  });

  it("gives no tokens when end-of-text comes first", async () => {
    const window = await decode(scripted([endOfText]));
    expect(window.tokens).toEqual([]);
    expect(window.avgLogProb).toBeCloseTo(Math.log(0.5), 6);
    expect(window.compressionRatio).toBe(0);
  });

  it("stops at maxTokens, with a sum over one token more", async () => {
    const window = await decode(scripted([1, 1, 1, 1]), { maxTokens: 3 });
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
      expect((await decode(decoder)).tokens).toHaveLength(count);
    }
  });

  it("reads the no-speech probability at the start token, before any rule", async () => {
    const decoder = new ScriptedDecoder({ vocabSize, contextLength: 20 }, ({ length }) => {
      return length === 3 ? logitsFor(noSpeech, vocabSize, 0.8) : logitsFor(endOfText, vocabSize);
    });
    const window = await decode(decoder, { initialTokens: [1, 2, 5, 4], startIndex: 2 });
    expect(decoder.passes[0]![0]!.rows).toEqual([3, 2]);
    expect(window.noSpeechProb).toBeCloseTo(0.8, 6);

    const startIsLast = { initialTokens: [5], rules: [suppressTokens([noSpeech])] };
    const silent = new ScriptedDecoder({ vocabSize, contextLength: 20 }, () => {
      return logitsFor(noSpeech, vocabSize, 0.9);
    });
    expect((await decode(silent, startIsLast)).noSpeechProb).toBeCloseTo(0.9, 6);
    expect(silent.passes[0]![0]!.rows).toEqual([0]);
  });

  it("takes a model without a no-speech token for one that always hears speech", async () => {
    const window = await decode(scripted([endOfText]), { noSpeech: null });
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
    const window = await decode(scripted([1, 1]), { rules, maxTokens: 2 });
    expect(window.tokens).toEqual([2, 2]);
    expect(window.avgLogProb).toBeCloseTo((2 * Math.log(0.5)) / 3, 6);
    expect(seen).toEqual([[], [2]]);
  });

  it("tells every step and stops where the listener throws", async () => {
    const told: number[][] = [];
    const decoder = scripted([1, 2, 3, endOfText]);
    const controller = new AbortController();
    const onStep = async ([running]: readonly RunningWindow[]) => {
      const { tokens } = running!;
      told.push([...tokens]);
      if (tokens.length === 2) controller.abort(new Error("enough"));
      controller.signal.throwIfAborted();
    };
    await expect(decodeOne(decoder, plan, { onStep })).rejects.toThrow("enough");
    expect(told).toEqual([[1], [1, 2]]);
    expect(decoder.passes).toHaveLength(2); // nothing was computed after the abort
  });

  it("refuses to sample where every token is suppressed", async () => {
    const rules = [suppressTokens([0, 1, 2, 3, 4, 5, 6, 7])];
    const decoding = decode(scripted([1]), { rules });
    await expect(decoding).rejects.toThrow(OptionError);
    await expect(decoding).rejects.toThrow(
      "suppressTokens: expected some token left to sample, found all of them suppressed.",
    );
  });

  it.each([
    [0, 1],
    [3, 4],
    [0, vocabSize],
  ])("refuses logits that are not numbers, ids %i to %i", async (from, to) => {
    const decoder = new ScriptedDecoder({ vocabSize, contextLength: 20 }, () => {
      return logitsFor(1, vocabSize).fill(Number.NaN, from, to);
    });
    await expect(decode(decoder)).rejects.toThrow(ModelError);
  });
});
