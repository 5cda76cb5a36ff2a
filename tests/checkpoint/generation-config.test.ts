import { describe, expect, it } from "vitest";
import { parseGenerationConfig } from "../../src/checkpoint/generation-config.ts";
import { ModelError } from "../../src/errors.ts";
import { smallConfig } from "../fixtures/checkpoint.ts";
import { describeWithReference, referenceJson } from "../fixtures/reference.ts";

describe("parseGenerationConfig", () => {
  it("prefers generation_config.json and falls back to config.json", () => {
    const config = { ...smallConfig, suppress_tokens: [1, 2], is_multilingual: false };
    expect(parseGenerationConfig({ suppress_tokens: [5] }, config)).toEqual({
      isMultilingual: false,
      suppressTokens: [5],
      beginSuppressTokens: null,
      contextLength: 12,
      alignmentHeads: [
        [0, 0],
        [0, 1],
      ],
    });
    expect(
      parseGenerationConfig({ begin_suppress_tokens: [] }, config).beginSuppressTokens,
    ).toEqual([]);
    expect(parseGenerationConfig(null, config).suppressTokens).toEqual([1, 2]);
    expect(parseGenerationConfig(null, smallConfig).suppressTokens).toEqual([]);
  });

  it("tells multilingual models by the flag, the languages, the prompt, or the vocabulary", () => {
    const isMultilingual = (generation: object | null, config: object = {}) =>
      parseGenerationConfig(generation, { ...smallConfig, ...config }).isMultilingual;
    expect(isMultilingual({ is_multilingual: true })).toBe(true);
    expect(isMultilingual({ is_multilingual: false, lang_to_id: {} })).toBe(false);
    expect(isMultilingual({ lang_to_id: { "<|en|>": 5 } })).toBe(true);
    expect(isMultilingual({}, { forced_decoder_ids: [[1, 50362]] })).toBe(false);
    expect(
      isMultilingual(null, {
        forced_decoder_ids: [
          [1, 50259],
          [2, 50359],
        ],
      }),
    ).toBe(true);
    expect(isMultilingual({ forced_decoder_ids: [[2, 50359]] }, { vocab_size: 51865 })).toBe(true);
    expect(isMultilingual(null, { vocab_size: 51864 })).toBe(false);
    expect(isMultilingual(null, { vocab_size: 51866 })).toBe(true);
  });

  it("takes an explicit null for no list at all", () => {
    const config = { ...smallConfig, suppress_tokens: [1], begin_suppress_tokens: [2] };
    const generation = { suppress_tokens: null, begin_suppress_tokens: null };
    expect(parseGenerationConfig(generation, config)).toMatchObject({
      suppressTokens: [],
      beginSuppressTokens: [],
    });
  });

  it.each([
    ["suppress_tokens", "-1"],
    ["suppress_tokens", [21]],
    ["begin_suppress_tokens", [0.5]],
  ])("refuses %s that are no ids of the vocabulary", (name, value) => {
    expect(() => parseGenerationConfig({ [name]: value }, smallConfig)).toThrow(
      `generation_config.json: ${name}: expected a list of token ids from 0 to 20`,
    );
  });
});

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

  it("beyond the model, which a distilled one keeps of its parent, are left out", () => {
    const parents = [
      [0, 1],
      [3, 0],
      [2, 2],
    ];
    expect(heads({ alignment_heads: parents })).toEqual([[0, 1]]);
    expect(heads({ alignment_heads: [[10, 0]] })).toEqual(heads(null));
  });

  it.each([[[[0, -1]]], [[[0.5, 0]]], [[[0]]], ["[[0, 0]]"], [[0, 1]]])(
    "%j are refused",
    (alignment_heads) => {
      expect(() => heads({ alignment_heads })).toThrow(ModelError);
      expect(() => heads({ alignment_heads })).toThrow(
        "generation_config.json: alignment_heads: expected pairs of a layer and a head",
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
