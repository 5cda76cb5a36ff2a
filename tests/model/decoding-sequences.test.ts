import { describe, expect, it } from "vitest";
import { DecodingState, type DecodingStateOptions } from "../../src/model/decoding-state.ts";
import { randomNetwork, smallConfig } from "../fixtures/checkpoint.ts";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";

/** Room for more than one panel of the caches; heads of 12 channels fill no vector. */
const config = {
  ...smallConfig,
  d_model: 24,
  decoder_layers: 2,
  max_target_positions: 60,
  vocab_size: 37,
};

async function open(weights: "f32" | "int8", count: number, options: DecodingStateOptions) {
  const frames = [19, 15].slice(0, count);
  const { kernels, model, audios } = await randomNetwork(config, frames, { weights });
  return { kernels, state: new DecodingState(model.decoder, audios, options), model, audios };
}

const values = (logits: readonly { values: Float32Array }[]) => logits.map((x) => x.values.slice());

/** Feeds one token to each of `sequences`. */
const step = (state: DecodingState, tokens: number[], sequences = [...tokens.keys()]) =>
  state.pass(tokens.map((id, i) => ({ sequence: sequences[i]!, tokens: [id], rows: [0] })));

/** Ids from 0 to below, the same in every run. */
function tokenStream(below: number): () => number {
  const random = randomF32(5000, 3);
  let at = 0;
  return () => Math.floor(Math.abs(random[at++]!) * below) % below;
}

/** Logits after the last token, fed one by one to a sequence alone. */
function alone(state: DecodingState, tokens: readonly number[], sequence = 0): Float32Array {
  state.reset();
  return tokens.map((token) => state.feed([token], [0], sequence)[0]!.values.slice()).at(-1)!;
}

// A row of a product is summed in an order that depends on how many rows there are; int8 caches may
// then round a number the other way.
describe.each([
  ["f32", 1e-5],
  ["int8", 0.05],
] as const)("sequences side by side, %s", (weights, tolerance) => {
  it("give each what it gives alone", async () => {
    const { state } = await open(weights, 1, { sequences: 3 });
    const next = tokenStream(config.vocab_size);
    const histories = Array.from({ length: 3 }, (_, i) => Array.from({ length: 5 + i * 9 }, next));
    for (const [i, history] of histories.entries()) state.feed(history, [], i);
    const tokens = histories.map(next);
    const together = values(step(state, tokens));
    for (const [i, history] of histories.entries()) {
      const expected = alone(state, [...history, tokens[i]!], i);
      expect(maxDifference(together[i]!, expected)).toBeLessThan(tolerance);
    }
  });

  it("may be some of all, in any order", async () => {
    const { state } = await open(weights, 1, { sequences: 4 });
    state.pass([0, 1, 2, 3].map((sequence) => ({ sequence, tokens: [sequence, 5], rows: [] })));
    const some = values(step(state, [9, 8], [3, 1]));
    expect(maxDifference(some[0]!, alone(state, [3, 5, 9]))).toBeLessThan(tolerance);
    expect(maxDifference(some[1]!, alone(state, [1, 5, 8]))).toBeLessThan(tolerance);
  });

  it("hear each its own audio", async () => {
    const { state, model, audios } = await open(weights, 2, { sequences: 2 });
    const feedings = [0, 1, 2, 3].map((sequence) => {
      return { sequence, tokens: [3, 20, 7 + (sequence % 2)], rows: [2, 0] };
    });
    expect(() => state.pass(feedings)).toThrow(RangeError); // 8 rows of logits, room for 4
    const together = values(
      state.pass(feedings.map((feeding, i) => ({ ...feeding, rows: i % 2 === 0 ? [2, 0] : [] }))),
    );
    const stepped = values(step(state, [1, 2, 3, 4]));
    for (const [i, audio] of audios.entries()) {
      const single = new DecodingState(model.decoder, audio);
      const expected = values(single.feed([3, 20, 7], [2, 0]));
      expect(maxDifference(together[2 * i]!, expected[0]!)).toBeLessThan(tolerance);
      expect(maxDifference(together[2 * i + 1]!, expected[1]!)).toBeLessThan(tolerance);
      const after = alone(single, [3, 20, 8, 2 + 2 * i]);
      expect(maxDifference(stepped[2 * i + 1]!, after)).toBeLessThan(tolerance);
    }
    expect(maxDifference(together[0]!, together[2]!)).toBeGreaterThan(0.1);
  });

  it("go on from what they were forked from", async () => {
    const { state } = await open(weights, 1, { sequences: 3 });
    const prompt = Array.from({ length: 37 }, (_, i) => i); // long enough to have means taken off
    state.feed(prompt, []);
    state.reorder([0], 1);
    state.reorder([0], 2);
    const forked = values(step(state, [1, 1, 1]));
    expect(maxDifference(forked[1]!, forked[0]!)).toBe(0);
    expect(maxDifference(forked[2]!, forked[0]!)).toBe(0);
    // Sequences go their own ways, and back.
    step(state, [2, 3, 4]);
    state.reorder([1], 0);
    const again = values(step(state, [5, 5, 5]));
    expect(maxDifference(again[0]!, again[1]!)).toBe(0);
    state.reset();
    state.feed(prompt, []);
    for (const token of [1, 3]) state.feed([token], []);
    expect(maxDifference(state.feed([5], [0])[0]!.values, again[0]!)).toBeLessThan(tolerance);
  });

  it("give the same, reordered at random, as computed anew", async () => {
    const count = 4;
    const { state } = await open(weights, 1, { sequences: count });
    const anew = (await open(weights, 1, { sequences: count })).state;
    const next = tokenStream(config.vocab_size);
    let histories: number[][] = Array.from({ length: count }, () => []);
    for (let length = 1; length <= 40; length++) {
      const tokens = histories.map(next);
      const logits = values(step(state, tokens));
      for (const [i, history] of histories.entries()) history.push(tokens[i]!);
      if (length % 8 === 3 || length > 37) {
        anew.reset();
        let expected: Float32Array[] = [];
        for (let i = 0; i < length; i++)
          expected = values(
            step(
              anew,
              histories.map((h) => h[i]!),
            ),
          );
        for (const [i, found] of logits.entries()) {
          expect(maxDifference(found, expected[i]!), `${length}, ${i}`).toBe(0);
        }
      }
      const sources = histories.map(() => next() % count);
      state.reorder(sources);
      histories = sources.map((source) => [...histories[source]!]);
    }
  });
});

describe("sequences", () => {
  it("take no memory on their way", async () => {
    const { kernels, state } = await open("int8", 1, { sequences: 3 });
    const used = kernels.heap.usedBytes;
    step(state, [1, 2, 3]);
    state.reorder([1, 1, 1]);
    state.reset();
    expect(kernels.heap.usedBytes).toBe(used);
  });

  it("are refused where they are unknown, named twice or of different audios", async () => {
    const { state } = await open("f32", 2, { sequences: 2 });
    const refused = (work: () => void) => expect(work).toThrow(RangeError);
    refused(() => step(state, [1], [4]));
    refused(() => step(state, [1], [-1]));
    refused(() => step(state, [1, 2], [1, 1]));
    refused(() => step(state, [1, 2], [1]));
    refused(() => state.reorder([0], 2));
    refused(() => state.reorder([0, 1, 2], 0));
    refused(() => state.reorder([2, 3], 1));
    expect(step(state, [1, 2, 3, 4])).toHaveLength(4);
  });
});
