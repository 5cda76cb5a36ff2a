import { describe, expect, it } from "vitest";
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
