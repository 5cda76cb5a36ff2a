import { describe, expect, it } from "vitest";
import { parseGenerationConfig } from "../../src/checkpoint/generation-config.ts";
import { ModelError } from "../../src/errors.ts";
import { smallConfig } from "../fixtures/checkpoint.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

const config = { ...smallConfig, decoder_layers: 3, decoder_attention_heads: 2 };
const heads = (generation: object | null, more: object = {}) =>
  parseGenerationConfig(generation, { ...config, ...more }).alignmentHeads;

describe("alignment heads", () => {
  it("are those of generation_config.json, each once, by layer and head", () => {
    const listed = [
      [2, 1],
      [0, 0],
      [2, 0],
      [2, 1],
    ];
    expect(heads({ alignment_heads: listed })).toEqual([
      [0, 0],
      [2, 0],
      [2, 1],
    ]);
    expect(heads({}, { alignment_heads: [[1, 1]] })).toEqual([[1, 1]]);
    expect(heads({ alignment_heads: [[0, 1]] }, { alignment_heads: [[1, 1]] })).toEqual([[0, 1]]);
  });

  it("are all of the upper half of the layers where none are named", () => {
    const upper = [
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ];
    expect(heads(null)).toEqual(upper);
    expect(heads({ alignment_heads: null })).toEqual(upper);
    expect(heads({ alignment_heads: [] })).toEqual(upper);
    expect(heads(null, { decoder_layers: 1 })).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it.each([[[[3, 0]]], [[[0, 2]]], [[[0, -1]]], [[[0.5, 0]]], [[[0]]], ["[[0, 0]]"], [[0, 1]]])(
    "%j are refused",
    (alignment_heads) => {
      expect(() => heads({ alignment_heads })).toThrow(ModelError);
      expect(() => heads({ alignment_heads })).toThrow(
        "generation_config.json: alignment_heads: expected pairs of a layer (0 to 2) and a head (0 to 1)",
      );
    },
  );
});

describeWithReference("alignment heads of the reference's models", () => {
  it.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])("%s", (name) => {
    const [generation, config] = ["generation_config", "config"].map((file) => {
      return referenceJson(`models/${name}/${file}.json`);
    });
    expect(parseGenerationConfig(generation, config).alignmentHeads).toEqual(
      generation.alignment_heads,
    );
  });
});
