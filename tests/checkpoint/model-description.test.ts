import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { AudioError, ModelError } from "../../src/errors.ts";
import { randomNetwork, smallConfig } from "../fixtures/checkpoint.ts";

const digits = new URL("../fixtures/models/digits/", import.meta.url);

/** The digits model with some files changed; null takes one away. */
function changed(changes: Record<string, object | null>): ModelSource {
  const text = async (file: string) => {
    const change = changes[file];
    if (change !== undefined) return change && JSON.stringify(change);
    return readFile(new URL(file, digits), "utf8").catch(() => null);
  };
  return {
    name: "a changed model",
    text,
    json: async (file) => JSON.parse((await text(file)) ?? "null"),
    open: async () => null,
  };
}

async function read(file: string) {
  return JSON.parse(await readFile(new URL(file, digits), "utf8"));
}

describe("describeModel", () => {
  it("reads tokenizer.json, and vocab.json with merges.txt where that is missing", async () => {
    for (const source of [changed({}), changed({ "tokenizer.json": null })]) {
      const { tokenizer, features, config } = await describeModel(source);
      expect(tokenizer.encode("407")).toEqual([4, 0, 7]);
      expect(features.windowFrames).toBe(2 * config.sourcePositions);
    }
  });

  it("does without generation_config.json", async () => {
    const { generation } = await describeModel(changed({ "generation_config.json": null }));
    expect(generation.isMultilingual).toBe(false);
  });

  it("reads the feature extractor where transformers 5 puts it", async () => {
    const feature_extractor = await read("preprocessor_config.json");
    const files = {
      "preprocessor_config.json": null,
      "processor_config.json": { feature_extractor, processor_class: "WhisperProcessor" },
    };
    const { features } = await describeModel(changed(files));
    expect(features).toEqual((await describeModel(changed({}))).features);
    const broken = describeModel(changed({ ...files, "processor_config.json": {} }));
    await expect(broken).rejects.toThrow("processor_config.json, feature_extractor");
  });

  it.each([["config.json"], ["preprocessor_config.json"]])("names a missing %s", async (file) => {
    const described = describeModel(changed({ [file]: null }));
    await expect(described).rejects.toThrow(ModelError);
    await expect(described).rejects.toThrow(`a changed model: expected ${file}`);
  });

  it("names merges.txt when only vocab.json is there", async () => {
    const source = changed({ "tokenizer.json": null, "merges.txt": null });
    await expect(describeModel(source)).rejects.toThrow("merges.txt");
  });

  it.each([
    [{ feature_size: 80 }, "feature_size: expected 40"],
    [{ chunk_length: 30, n_samples: 240000, nb_max_frames: 1500 }, "nb_max_frames: expected 800"],
  ])("refuses a preprocessor of another model: %o", async (change, message) => {
    const preprocessor = { ...(await read("preprocessor_config.json")), ...change };
    const described = describeModel(changed({ "preprocessor_config.json": preprocessor }));
    await expect(described).rejects.toThrow(ModelError);
    await expect(described).rejects.toThrow(message);
  });
});

describe("Encoder", () => {
  it("refuses more frames than it has positions for", async () => {
    const { kernels, model } = await randomNetwork(smallConfig, []);
    const logMel = kernels.heap.copyF32(new Float32Array(21 * 8));
    await model.encoder.encode(logMel, 20, async () => {});
    const used = kernels.heap.usedBytes;
    await expect(model.encoder.encode(logMel, 21, async () => {})).rejects.toThrow(AudioError);
    expect(kernels.heap.usedBytes).toBe(used);
  });
});
