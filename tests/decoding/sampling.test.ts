import { beforeAll, describe, expect, it } from "vitest";
import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";
import { sampleToken } from "../../src/decoding/sample-token.ts";
import { seededRandom } from "../../src/decoding/seeded-random.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { Logits } from "../../src/model/logits.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { randomF32 } from "../fixtures/random.ts";
import { ArrayLogits } from "./array-logits.ts";
import { decodeOne } from "./decode-one.ts";
import { logitsOf, ScriptedDecoder } from "./scripted-decoder.ts";
import { endOfText, tinyPlan, vocabSize } from "./tiny-plan.ts";

let kernels: Kernels;
beforeAll(async () => {
  kernels = await instantiateNodeKernels();
});

/** softmax(logits / temperature), in double precision. */
function probabilities(logits: Float32Array, temperature: number): number[] {
  const weights = Array.from(logits, (x) => Math.exp(x / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** By definition: the first id at which the probabilities add up to more than the number. */
function inverse(logits: Float32Array, temperature: number, number: number): number {
  let sum = 0;
  return probabilities(logits, temperature).findIndex((probability) => {
    sum += probability;
    return sum > number;
  });
}

describe("a sampled token", () => {
  it.each([0.2, 1, 3])("follows the softmax at temperature %d", (temperature) => {
    const values = randomF32(200, 3).map((x) => x * 2);
    values.fill(Number.NEGATIVE_INFINITY, 50, 90);
    const logits = new Logits(kernels, kernels.heap.copyF32(values), values.length);
    const random = seededRandom(5);
    const draws = 20000;
    const counts = new Array<number>(values.length).fill(0);
    for (let i = 0; i < draws; i++) counts[sampleToken(logits, temperature, random)]! += 1;

    // Rare ones are taken together.
    const bins: { count: number; expected: number }[] = [];
    const rare = { count: 0, expected: 0 };
    for (const [id, probability] of probabilities(values, temperature).entries()) {
      const expected = draws * probability;
      if (expected === 0) expect(counts[id]).toBe(0);
      else if (expected >= 10) bins.push({ count: counts[id]!, expected });
      else {
        rare.count += counts[id]!;
        rare.expected += expected;
      }
    }
    if (rare.expected >= 10) bins.push(rare);
    const chiSquare = bins.reduce((sum, { count, expected }) => {
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    const freedom = bins.length - 1;
    // Five standard deviations above the mean.
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });

  it.each([1, 15, 16, 17, 100, 1909])("of %i is the inverse of the distribution", (size) => {
    const values = randomF32(size, size).map((x) => x * 4);
    const random = seededRandom(size);
    for (let i = 0; i < 200; i++) {
      const number = random();
      for (const logits of [
        new ArrayLogits(values),
        new Logits(kernels, kernels.heap.copyF32(values), size),
      ]) {
        const token = sampleToken(logits, 0.7, () => number);
        const near = [-1e-5, 0, 1e-5].map((shift) => inverse(values, 0.7, number + shift));
        expect(near).toContain(token);
      }
    }
  });

  it("is never a masked one, at either end of the numbers", () => {
    const values = new Float32Array(100).fill(Number.NEGATIVE_INFINITY);
    values[40] = -3;
    values[77] = -2;
    const logits = new Logits(kernels, kernels.heap.copyF32(values), values.length);
    expect(sampleToken(logits, 1, () => 0)).toBe(40);
    expect(sampleToken(logits, 1, () => 1 - 2 ** -53)).toBe(77);
  });

  it("is the most probable one when it is very cold", () => {
    const values = randomF32(1000, 9);
    const logits = new Logits(kernels, kernels.heap.copyF32(values), values.length);
    for (const temperature of [1e-6, 1e-40, Number.MIN_VALUE]) {
      expect(sampleToken(logits, temperature, () => 0.3)).toBe(logits.argMax());
    }
  });
});

/** 1 and 2 are drawn, and after two of them the text ends; a text of two 1s is the most probable. */
const coins = ({ length }: readonly number[]) => {
  return logitsOf(length < 4 ? { 1: 0.75, 2: 0.25 } : { [endOfText]: 1 }, vocabSize);
};

function sample(changed: Partial<DecodingPlan>, samples: number, position = 0) {
  const decoder = new ScriptedDecoder({ vocabSize, contextLength: 20, sequences: samples }, coins);
  const attempt = { search: "sampling", temperature: 1, samples } as const;
  const plan = { ...tinyPlan, attempts: [attempt], ...changed };
  return { decoder, window: decodeOne(decoder, plan, { position }) };
}

describe("sampled texts", () => {
  it("are the same with the same seed, and others with others or elsewhere", async () => {
    const texts = async (seed: number, position = 0) => {
      const { window } = sample({ seed, maxTokens: 9 }, 1, position);
      return (await window).text;
    };
    const all = [];
    for (let seed = 0; seed < 12; seed++) {
      expect(await texts(seed)).toBe(await texts(seed));
      all.push([await texts(seed), await texts(seed, 3000)]);
    }
    expect(new Set(all.flat()).size).toBeGreaterThan(2);
    expect(all.some(([here, there]) => here !== there)).toBe(true);
  });

  it("have log-probabilities of temperature 1", async () => {
    const attempts = [{ search: "sampling", temperature: 0.3, samples: 1 } as const];
    const window = await sample({ attempts }, 1).window;
    const expected = window.tokens.reduce((sum, id) => sum + Math.log(id === 1 ? 0.75 : 0.25), 0);
    expect(window.sumLogProb).toBeCloseTo(expected, 6);
    expect(window.temperature).toBe(0.3);
  });

  it("are the best of several, drawn side by side from one prompt", async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { decoder, window } = sample({ seed }, 8);
      expect((await window).tokens).toEqual([1, 1]);
      expect(decoder.passes.map((feedings) => feedings.length)).toEqual([1, 8, 8]);
      expect(decoder.passes[0]![0]!.tokens).toEqual([5, 4]);
    }
  });

  it("go on without those that are finished", async () => {
    /** Even sequences end after one token, odd ones after two. */
    const decoder = new ScriptedDecoder(
      { vocabSize, contextLength: 20, sequences: 4 },
      ({ length }, sequence) => {
        const ends = length > 3 || (length > 2 && sequence % 2 === 0);
        return logitsOf(ends ? { [endOfText]: 1 } : { 1: 0.5, 2: 0.5 }, vocabSize);
      },
    );
    const attempts = [{ search: "sampling", temperature: 1, samples: 4 } as const];
    await decodeOne(decoder, { ...tinyPlan, attempts });
    expect(decoder.passes.map((feedings) => feedings.map(({ sequence }) => sequence))).toEqual([
      [0],
      [0, 1, 2, 3],
      [1, 3],
    ]);
  });

  it("are ranked as hypotheses are", async () => {
    /** Sequence 0 ends after one token, 1 after two of a better mean. */
    const decoder = () => {
      return new ScriptedDecoder(
        { vocabSize, contextLength: 20, sequences: 2 },
        ({ length }, sequence) => {
          if (length === 2) return logitsOf({ 1: 0.5, 2: 0.5 }, vocabSize);
          const ends = sequence === 0 || length === 4;
          return logitsOf(ends ? { [endOfText]: 1 } : { 3: 0.8, 4: 0.2 }, vocabSize);
        },
      );
    };
    const attempts = [{ search: "sampling", temperature: 0.2, samples: 2 } as const];
    const byMean = await decodeOne(decoder(), { ...tinyPlan, attempts });
    expect(byMean.tokens.at(-1)).toBe(3);
    const bySum = { ...tinyPlan, attempts, lengthPenalty: 0 };
    expect((await decodeOne(decoder(), bySum)).tokens).toHaveLength(1);
  });

  it("begin alike however many are drawn", async () => {
    // The first of several is the one that is drawn alone.
    const told: string[] = [];
    for (const samples of [1, 3]) {
      const decoder = new ScriptedDecoder(
        { vocabSize, contextLength: 20, sequences: samples },
        coins,
      );
      const attempts = [{ search: "sampling", temperature: 1, samples } as const];
      await decodeOne(
        decoder,
        { ...tinyPlan, attempts, seed: 4 },
        { onStep: async ([running]) => void told.push(running!.tokens.join("")) },
      );
    }
    expect(told.slice(0, 2)).toEqual(told.slice(2));
  });
});
