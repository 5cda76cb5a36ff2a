import { describe, expect, it } from "vitest";
import {
  type LogitRule,
  suppressBlank,
  suppressTokens,
  timestampRules,
} from "../../src/decoding/logit-rules.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";
import { ArrayLogits } from "./array-logits.ts";

/** Ids that a rule leaves of `logits`. */
function allowed(rule: LogitRule, logits: Float32Array, sampled: readonly number[]): number[] {
  rule(new ArrayLogits(logits), sampled);
  return Array.from(logits.keys()).filter((id) => logits[id] !== -Infinity);
}

describe("suppression", () => {
  it("of blanks forbids them as the first token only", () => {
    const rule = suppressBlank([1, 3]);
    expect(allowed(rule, new Float32Array(5), [])).toEqual([0, 2, 4]);
    expect(allowed(rule, new Float32Array(5), [2])).toEqual([0, 1, 2, 3, 4]);
  });

  it("of tokens forbids them anywhere", () => {
    const rule = suppressTokens([0, 4]);
    expect(allowed(rule, new Float32Array(5), [])).toEqual([1, 2, 3]);
    expect(allowed(rule, new Float32Array(5), [2])).toEqual([1, 2, 3]);
  });
});

describe("timestamp rules", () => {
  // Text 0 to 2, end-of-text 3, no-timestamps 4, timestamps from 5 to 9.
  const tokens = { endOfText: 3, noTimestamps: 4, timestampBegin: 5, timestampEnd: 10 };
  const rule = timestampRules(tokens, 2);
  /** Logits under which text is likelier than all timestamps together, or the reverse. */
  const preferring = (kind: "text" | "timestamps") => {
    return Float32Array.from({ length: 10 }, (_, id) => (id < 5 === (kind === "text") ? 5 : 0));
  };

  it.each<[string, number[], number[]]>([
    ["the first is a timestamp up to the limit", [], [5, 6, 7]],
    ["text follows the first timestamp", [5], [0, 1, 2, 3]],
    ["a later time follows text", [5, 0], [0, 1, 2, 3, 6, 7, 8, 9]],
    ["text + timestamp: its twin, a later one or the end", [5, 0, 7], [3, 7, 8, 9]],
    ["text follows a pair", [5, 0, 7, 7], [0, 1, 2, 3]],
    ["after a pair and text, a later time", [5, 0, 7, 8, 1], [0, 1, 2, 3, 9]],
    ["after the last time, text or the end", [5, 0, 9, 9, 1], [0, 1, 2, 3]],
    ["text that began without a timestamp", [1], [0, 1, 2, 3, 5, 6, 7, 8, 9]],
  ])("%s", (_, sampled, expected) => {
    expect(allowed(rule, preferring("text"), sampled)).toEqual(expected);
  });

  it("samples a timestamp where all together are likelier than any one text token", () => {
    expect(allowed(rule, preferring("timestamps"), [5, 0])).toEqual([6, 7, 8, 9]);
    // Four timestamps of log 4 less each are exactly as likely as the text: no reason to.
    const even = preferring("text").fill(5 - Math.log(4) - 1e-4, 5);
    expect(allowed(rule, even, [5, 0])).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
    const more = preferring("text").fill(5 - Math.log(4) + 1e-4, 5);
    expect(allowed(rule, more, [5, 0])).toEqual([6, 7, 8, 9]);
  });

  it("take tokens that a fine-tune added behind the timestamps for text", () => {
    const added = timestampRules({ ...tokens, timestampEnd: 8 }, null);
    expect(allowed(added, preferring("text"), [])).toEqual([5, 6, 7]);
    expect(allowed(added, preferring("text"), [5])).toEqual([0, 1, 2, 3, 8, 9]);
    expect(allowed(added, preferring("text"), [5, 9])).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
    expect(allowed(added, preferring("text"), [5, 0, 7])).toEqual([3, 7]);
    // Timestamps are as likely as an added token, all together likelier.
    expect(allowed(added, preferring("timestamps"), [5, 0])).toEqual([6, 7]);
  });

  it("have no limit of the first timestamp where it is null", () => {
    const free = timestampRules(tokens, null);
    expect(allowed(free, preferring("text"), [])).toEqual([5, 6, 7, 8, 9]);
    expect(allowed(timestampRules(tokens, 0), preferring("text"), [])).toEqual([5]);
    expect(allowed(timestampRules(tokens, 99), preferring("text"), [])).toEqual([5, 6, 7, 8, 9]);
  });
});

interface RulesCase {
  readonly logits: number;
  readonly history: readonly number[];
  readonly max_initial_timestamp_index: number | null;
  readonly allowed: readonly (readonly [from: number, to: number])[];
  readonly argmax: number;
  readonly logprob_of_argmax: number;
}

describeWithReference("logit rules against OpenAI's", () => {
  const model = "multi-d192-f16-v3";
  const rows = referenceF32(`refs/${model}/rules_logits.f32`);
  const vocabSize = 1909;
  const { cases } = referenceJson(`refs/${model}/rules.json`) as { cases: RulesCase[] };
  const { suppress_tokens } = referenceJson(`models/${model}/generation_config.json`);

  it.each(
    cases.map((each, i) => [`${i}: logits ${each.logits}, [${each.history}]`, each] as const),
  )("%s", (_, expected) => {
    const values = rows.slice(expected.logits * vocabSize, (expected.logits + 1) * vocabSize);
    const logits = new ArrayLogits(values);
    const rules = [
      suppressBlank([220, 300]),
      suppressTokens(suppress_tokens),
      timestampRules(
        { endOfText: 300, noTimestamps: 407, timestampBegin: 408, timestampEnd: vocabSize },
        expected.max_initial_timestamp_index,
      ),
    ];
    for (const rule of rules) rule(logits, expected.history);
    const left = Array.from(values.keys()).filter((id) => values[id] !== -Infinity);
    const ids = expected.allowed.flatMap(([from, to]) => {
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
    expect(left).toEqual(ids);
    expect(logits.argMax()).toBe(expected.argmax);
    // The reference is float32 arithmetic, rounded to nine digits.
    const logProb = values[expected.argmax]! - logits.logSumExp();
    expect(Math.abs(logProb - expected.logprob_of_argmax)).toBeLessThan(2e-6);
  });
});
