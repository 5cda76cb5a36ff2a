import { describe, expect, it } from "vitest";
import { type BeamOptions, searchBeams } from "../../src/decoding/beam-search.ts";
import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";
import type { Hypothesis } from "../../src/decoding/hypothesis.ts";
import { runSearches, type SearchedWindow } from "../../src/decoding/run-searches.ts";
import { randomF32 } from "../fixtures/random.ts";
import { ArrayLogits } from "./array-logits.ts";
import { decodeOne } from "./decode-one.ts";
import { naiveBeamSearch } from "./naive-beam-search.ts";
import { logitsOf, ScriptedDecoder } from "./scripted-decoder.ts";
import { endOfText, tinyPlan as plan, vocabSize } from "./tiny-plan.ts";

/** Probabilities of what follows, by the sampled tokens as digits. */
type Tree = Readonly<Record<string, Readonly<Record<number, number>>>>;

function grow(tree: Tree, sequences: number): ScriptedDecoder {
  return new ScriptedDecoder({ vocabSize, contextLength: 20, sequences }, (tokens) => {
    const sampled = tokens.slice(plan.initialTokens.length).join("");
    return logitsOf(tree[sampled] ?? { [endOfText]: 1 }, vocabSize);
  });
}

async function search(
  decoder: ScriptedDecoder,
  options: BeamOptions,
  changed: Partial<DecodingPlan> = {},
): Promise<readonly Hypothesis[]> {
  const [result] = await runSearches(
    decoder,
    [
      {
        window: 0,
        plan: { ...plan, ...changed },
        begin: (context, logits) => searchBeams(context, logits, options),
      },
    ],
    async () => {},
  );
  return result!.hypotheses;
}

/** The most probable first token leads nowhere. */
const gardenPath: Tree = {
  "": { 1: 0.6, 2: 0.4 },
  1: { 1: 0.3, 2: 0.3, 3: 0.4 },
  2: { 3: 0.9, [endOfText]: 0.1 },
  23: { [endOfText]: 1 },
};

describe("beam search", () => {
  it("finds what greedy decoding misses", async () => {
    const decode = (changed: Partial<DecodingPlan>) => {
      return decodeOne(grow(gardenPath, 2), { ...plan, ...changed });
    };
    expect((await decode({})).tokens).toEqual([1, 3]);
    const beam = { search: "beam", temperature: 0, beamSize: 2, mostFinished: 2 } as const;
    const window = await decode({ attempts: [beam] });
    expect(window.tokens).toEqual([2, 3]);
    expect(window.sumLogProb).toBeCloseTo(Math.log(0.4 * 0.9), 6);
    expect(window.temperature).toBe(0);
  });

  it("feeds all hypotheses in one pass, and none twice at the beginning", async () => {
    const decoder = grow(gardenPath, 2);
    await search(decoder, { beamSize: 2, mostFinished: 2 });
    const fed = decoder.passes.map((feedings) => {
      return feedings.map(({ sequence, tokens }) => [sequence, ...tokens]);
    });
    // After 1 and 2 the best are 23 and 13.
    expect(fed).toEqual([
      [[0, 5, 4]],
      [
        [0, 1],
        [1, 2],
      ],
      [
        [0, 3],
        [1, 3],
      ],
    ]);
  });

  it("tells of the best hypothesis at each step", async () => {
    const told: number[][] = [];
    const begin: SearchedWindow["begin"] = (context, logits) => {
      return searchBeams(context, logits, { beamSize: 2, mostFinished: 2 });
    };
    await runSearches(grow(gardenPath, 2), [{ window: 0, plan, begin }], async ([running]) => {
      told.push([...running!.tokens]);
    });
    expect(told).toEqual([[1], [2, 3]]);
  });

  it("finishes only hypotheses that rank above the last one kept", async () => {
    const tree: Tree = {
      "": { 1: 0.5, 2: 0.3, [endOfText]: 0.2 },
      1: { 1: 0.5, 2: 0.5 },
      2: { 1: 1 },
    };
    // One is kept before end-of-text comes up; with two kept, too; with three it is met.
    for (const [beamSize, empty] of [
      [1, 0],
      [2, 0],
      [3, 1],
    ] as const) {
      const found = await search(
        grow(tree, beamSize),
        { beamSize, mostFinished: beamSize },
        { maxTokens: 1 },
      );
      expect(found.filter(({ tokens }) => tokens.length === 0)).toHaveLength(empty);
    }
  });

  it("ends when enough are finished, and else takes the best unfinished ones in", async () => {
    const tree: Tree = {
      "": { 1: 0.5, [endOfText]: 0.3, 2: 0.2 },
      1: { 1: 0.9, [endOfText]: 0.1 },
      2: { 2: 0.9, [endOfText]: 0.1 },
    };
    const found = await search(grow(tree, 2), { beamSize: 2, mostFinished: 1 });
    expect(found.map(({ tokens }) => tokens)).toEqual([[], [1]]);
    expect(found[1]!.sumLogProb).toBeCloseTo(Math.log(0.5), 6);
    const patient = await search(grow(tree, 2), { beamSize: 2, mostFinished: 4 });
    expect(patient.map(({ tokens }) => tokens)).toEqual([[], [1, 1], [2, 2]]);
  });

  it("goes on with fewer hypotheses where others are impossible, and ends without any", async () => {
    const tree: Tree = { "": { 1: 1 }, 1: { 2: 0.5, 3: 0.5 }, 12: { [endOfText]: 1 } };
    const decoder = grow(tree, 5);
    const found = await search(decoder, { beamSize: 5, mostFinished: 5 });
    expect(found.map(({ tokens }) => tokens)).toEqual([
      [1, 2],
      [1, 3],
    ]);
    expect(decoder.passes.map((feedings) => feedings.length)).toEqual([1, 1, 2]);
  });

  it("stops where the context or the tokens asked for end", async () => {
    const endless = () =>
      new ScriptedDecoder({ vocabSize, contextLength: 6, sequences: 3 }, () => {
        return logitsOf({ 1: 0.5, 2: 0.3, 3: 0.2 }, vocabSize);
      });
    const options = { beamSize: 3, mostFinished: 3 };
    for (const [maxTokens, length] of [
      [2, 2],
      [9, 5],
    ] as const) {
      const found = await search(endless(), options, { maxTokens });
      expect(found.map(({ tokens }) => tokens.length)).toEqual([length, length, length]);
    }
  });

  it("finds what the reference's tables of sequences find, for any probabilities", async () => {
    for (let seed = 0; seed < 120; seed++) {
      const beamSize = 1 + (seed % 5);
      const mostFinished = Math.max(1, Math.round(beamSize * [0.5, 1, 1.7][seed % 3]!));
      const mostTokens = 1 + (seed % 7);
      const random = randomF32(4096, seed + 1);
      /** Logits by what came before; where `seed` says so, some are impossible. */
      const logitsAfter = (sampled: readonly number[]) => {
        const hash = sampled.reduce((sum, token) => (sum * 31 + token + 1) % 509, seed);
        const logits = random.slice(hash * 8, hash * 8 + vocabSize).map((x) => x * 3);
        if (seed % 4 === 0) logits[hash % 5] = Number.NEGATIVE_INFINITY;
        logits[endOfText]! += 1;
        return logits;
      };
      const decoder = new ScriptedDecoder(
        { vocabSize, contextLength: 20, sequences: beamSize },
        (tokens) => logitsAfter(tokens.slice(plan.initialTokens.length)),
      );
      const found = await search(decoder, { beamSize, mostFinished }, { maxTokens: mostTokens });
      const expected = naiveBeamSearch(
        (tokens) => {
          const logits = logitsAfter(tokens);
          const total = new ArrayLogits(logits).logSumExp();
          return logits.map((x) => x - total);
        },
        { beamSize, mostFinished, endOfText, mostTokens },
      ).filter(({ sumLogProb }) => sumLogProb > Number.NEGATIVE_INFINITY);
      expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      for (const [i, { sumLogProb }] of found.entries()) {
        expect(sumLogProb).toBeCloseTo(expected[i]!.sumLogProb, 4);
      }
    }
  });
});
