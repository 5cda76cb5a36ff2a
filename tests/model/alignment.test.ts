import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import type { AlignmentPass } from "../../src/model/alignment.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { randomNetwork, smallConfig } from "../fixtures/checkpoint.ts";
import { maxDifference } from "../fixtures/compare.ts";

const config = { ...smallConfig, decoder_layers: 2, max_target_positions: 40 };
const tokens = [3, 20, 7, 1, 1, 14];

/** A model, and the states of two recordings: each alone, and both together. */
async function open(weights: WeightsKind = "f32") {
  const { kernels, model, audios } = await randomNetwork(config, [19, 19], { weights });
  const alone = audios.map(
    (audio) => new DecodingState(model.decoder, audio, { logitRows: tokens.length }),
  );
  const together = new DecodingState(model.decoder, audios, { sequences: 2 });
  return { kernels, alone, together };
}

interface Seen {
  readonly scores: Float32Array[];
  readonly logits: Map<number, Float32Array>;
  steps: number;
}

/** A pass that keeps what it is shown. */
function watch(changes: Partial<AlignmentPass> = {}): { pass: AlignmentPass; seen: Seen } {
  const seen: Seen = { scores: [], logits: new Map(), steps: 0 };
  const pass: AlignmentPass = {
    heads: [
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    positions: 7,
    onScores: (scores) => seen.scores.push(scores.slice()),
    rows: [1, 4, 5],
    onLogits: ({ values }, row) => seen.logits.set(row, values.slice()),
    onStep: async () => {
      seen.steps++;
    },
    ...changes,
  };
  return { pass, seen };
}

describe("a pass for alignment", () => {
  it("shows a matrix for each head and the logits of the rows asked for", async () => {
    const { alone } = await open();
    const { pass, seen } = watch();
    await alone[0]!.align(tokens, pass);
    expect(seen.scores.map(({ length }) => length)).toEqual([42, 42, 42]);
    expect([...seen.logits.keys()]).toEqual([1, 4, 5]);
    const fed = alone[0]!.feed(tokens, pass.rows);
    for (const [i, row] of pass.rows.entries()) {
      expect(maxDifference(seen.logits.get(row)!, fed[i]!.values)).toBeLessThan(1e-5);
    }
    expect(seen.steps).toBeGreaterThanOrEqual(config.decoder_layers);
  });

  it("shows logits of any number of rows", async () => {
    const { alone } = await open();
    const many = Array.from({ length: 40 }, (_, i) => (7 * i) % 21);
    const { pass, seen } = watch({ rows: many.map((_, i) => i), heads: [], positions: 0 });
    await alone[0]!.align(many, pass);
    for (const [i, token] of many.entries()) {
      const [fed] = alone[0]!.feed([token], [0]);
      expect(maxDifference(seen.logits.get(i)!, fed!.values)).toBeLessThan(1e-5);
    }
  });

  it("tells the same of fewer positions", async () => {
    const { alone } = await open();
    const [all, some] = [watch({ positions: 10 }), watch({ positions: 3 })];
    await alone[0]!.align(tokens, all.pass);
    await alone[0]!.align(tokens, some.pass);
    const cut = all.seen.scores.map((scores) => scores.filter((_, i) => i % 10 < 3));
    for (const [i, scores] of some.seen.scores.entries()) {
      expect(maxDifference(scores, cut[i]!)).toBeLessThan(1e-6);
    }
  });

  it("hears the audio named, and leaves every sequence as it is", async () => {
    const { alone, together } = await open();
    const start = [3, 5];
    const expected = [0, 1].map((audio) => {
      const state = alone[audio]!;
      state.feed(start, []);
      return state.feed([9], [0])[0]!.values.slice();
    });
    for (const sequence of [0, 1, 2, 3]) together.feed(start, [], sequence);
    for (const audio of [1, 0]) {
      const [expectedPass, pass] = [watch(), watch()];
      await alone[audio]!.align(tokens, expectedPass.pass);
      await together.align(tokens, pass.pass, audio);
      expect(pass.seen).toEqual(expectedPass.seen);
    }
    for (const sequence of [0, 1, 2, 3]) {
      const [logits] = together.feed([9], [0], sequence);
      const difference = maxDifference(logits!.values, expected[sequence >> 1]!);
      expect(difference).toBeLessThan(1e-5);
    }
  });

  it.each(["f32", "int8"] as const)(
    "takes no memory that it does not give back, %s",
    async (weights) => {
      const { kernels, alone } = await open(weights);
      const used = kernels.heap.usedBytes;
      await alone[0]!.align(tokens, watch().pass);
      expect(kernels.heap.usedBytes).toBe(used);
      const stop = async () => {
        throw new Error("stop");
      };
      await expect(alone[0]!.align(tokens, watch({ onStep: stop }).pass)).rejects.toThrow("stop");
      expect(kernels.heap.usedBytes).toBe(used);
    },
  );

  it("refuses what the model has no room or token for", async () => {
    const { alone } = await open();
    const { pass } = watch({ rows: [] });
    await expect(alone[0]!.align([21], pass)).rejects.toThrow(OptionError);
    await expect(alone[0]!.align(new Array(41).fill(1), pass)).rejects.toThrow(OptionError);
    const { pass: wide } = watch({ positions: 11 });
    await expect(alone[0]!.align(tokens, wide)).rejects.toThrow(RangeError);
  });
});
