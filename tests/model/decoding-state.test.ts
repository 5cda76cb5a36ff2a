import { describe, expect, it } from "vitest";
import { DecodingState, type DecodingStateOptions } from "../../src/model/decoding-state.ts";
import { randomNetwork, smallConfig } from "../fixtures/checkpoint.ts";
import { maxDifference } from "../fixtures/compare.ts";

async function open(options: DecodingStateOptions = {}) {
  const { kernels, model, audios } = await randomNetwork(smallConfig, [19]);
  return { kernels, state: new DecodingState(model.decoder, audios, options) };
}

describe("the logits of a decoding state", () => {
  it("come in the order of the rows asked for", async () => {
    const { state } = await open();
    const oneByOne = [3, 20, 7].map((token) => state.feed([token], [0])[0]!.values.slice());
    state.reset();
    const [last, first] = state.feed([3, 20, 7], [2, 0]);
    expect(last!.values).toHaveLength(smallConfig.vocab_size);
    expect(maxDifference(last!.values, oneByOne[2]!)).toBeLessThan(1e-5);
    expect(maxDifference(first!.values, oneByOne[0]!)).toBeLessThan(1e-5);
  });

  it("are computed only where they are asked for", async () => {
    const { state } = await open();
    expect(state.feed([3, 20], [])).toEqual([]);
    const [after] = state.feed([7], [0]);
    state.reset();
    expect(maxDifference(state.feed([3, 20, 7], [2])[0]!.values, after!.values.slice())).toBe(0);
  });

  it("are what the state wrote, whatever was masked before, and grow no memory", async () => {
    const { kernels, state } = await open();
    const [before] = state.feed([3], [0]);
    const expected = before!.values.slice();
    before!.values.fill(Number.NEGATIVE_INFINITY);
    state.reset();
    const used = kernels.heap.usedBytes;
    expect(state.feed([3], [0])[0]!.values).toEqual(expected);
    expect(kernels.heap.usedBytes).toBe(used);
  });

  it("are refused for more rows than the state was opened for", async () => {
    const { state } = await open({ logitRows: 1 });
    expect(() => state.feed([3, 20], [0, 1])).toThrow(RangeError);
    // Nothing was fed.
    expect(state.feed([3], [0])[0]!.argMax()).toBe(
      (await open()).state.feed([3], [0])[0]!.argMax(),
    );
  });
});
