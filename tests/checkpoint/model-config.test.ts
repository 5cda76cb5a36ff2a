import { describe, expect, it } from "vitest";
import { parseGenerationConfig } from "../../src/checkpoint/generation-config.ts";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { ModelError } from "../../src/errors.ts";
import { smallConfig } from "../fixtures/checkpoint.ts";

describe("parseModelConfig", () => {
  it("reads the shape of the network", () => {
    expect(parseModelConfig(smallConfig)).toEqual({
      width: 16,
      encoder: { layers: 2, heads: 2, feedForward: 32 },
      decoder: { layers: 1, heads: 2, feedForward: 24 },
      melBins: 8,
      sourcePositions: 10,
      targetPositions: 12,
      vocabSize: 21,
      tiedEmbedding: true,
      encoderContext: "full",
      format: 0,
      recast: null,
    });
  });

  it("reads the fwhisper section", () => {
    const fwhisper = { format: 1, encoder_context: "trimmed" };
    const config = parseModelConfig({ ...smallConfig, fwhisper });
    expect(config).toMatchObject({ encoderContext: "trimmed", format: 1 });
  });

  it.each([
    ["no object", "hello", "a JSON object"],
    ["a list", [smallConfig], "a JSON object"],
    ["another kind of model", { ...smallConfig, model_type: "bert" }, "model_type"],
    ["a missing field", { ...smallConfig, d_model: undefined }, "d_model"],
    ["a fraction", { ...smallConfig, encoder_layers: 1.5 }, "encoder_layers"],
    ["zero", { ...smallConfig, vocab_size: 0 }, "vocab_size"],
    [
      "heads that do not divide",
      { ...smallConfig, decoder_attention_heads: 3 },
      "decoder_attention_heads",
    ],
    ["another activation", { ...smallConfig, activation_function: "relu" }, "activation_function"],
    ["scaled embeddings", { ...smallConfig, scale_embedding: true }, "scale_embedding"],
    ["a newer format", { ...smallConfig, fwhisper: { format: 3 } }, "fwhisper.format"],
    [
      "an unknown context",
      { ...smallConfig, fwhisper: { encoder_context: "half" } },
      "encoder_context",
    ],
  ])("refuses %s", (_, json, field) => {
    expect(() => parseModelConfig(json)).toThrow(ModelError);
    expect(() => parseModelConfig(json)).toThrow(field);
    expect(() => parseModelConfig(json)).toThrow("config.json");
  });
});

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
