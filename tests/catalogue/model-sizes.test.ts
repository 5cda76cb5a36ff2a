import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { countParameters } from "../../src/catalogue/model-sizes.ts";
import { findWellKnownModel, wellKnownModels } from "../../src/catalogue/well-known-models.ts";
import { embeddedModel } from "../../src/embedded-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { describeWith, referencePath } from "../fixtures/reference.ts";

const sizesOf = (name: string) => findWellKnownModel(name)!.sizes;

/** How far a number is from the expected one, as a part of that. */
const deviation = (found: number, expected: number) => Math.abs(found / expected - 1);

describe("the sizes of models", () => {
  // The lengths of model.safetensors on the hub. A header of names comes on top of the numbers.
  it.each([
    ["tiny.en", 151_061_672],
    ["small", 966_995_080],
    ["medium", 3_055_544_304],
    ["large-v3-turbo", 1_617_824_864],
    ["large-v3", 3_087_130_976],
    // Two shards, as the hub rounds them.
    ["ivrit-large-v3", 4.99e9 + 1.18e9],
  ])("of %s: %i bytes to download", (name, bytes) => {
    expect(deviation(sizesOf(name).downloadBytes, bytes)).toBeLessThan(1e-3);
  });

  // As OpenAI and distil-whisper publish them, in whole millions.
  it.each([
    ["tiny", 39],
    ["base", 74],
    ["small", 244],
    ["medium", 769],
    ["large-v3", 1550],
    ["turbo", 809],
    ["distil-small.en", 166],
    ["distil-medium.en", 394],
    ["distil-large-v3", 756],
  ])("of %s: %i million parameters", (name, millions) => {
    const parameters = countParameters(findWellKnownModel(name)!.shape);
    // Rounded generously: tiny's 37.8 to 39.
    expect(deviation(parameters, millions * 1e6)).toBeLessThan(0.035);
  });

  it("of the embedded model's file: no more than a recast one takes", () => {
    const path = fileURLToPath(embeddedModel.files["model.safetensors"]!);
    // In F16 what is not rounded, as the checkpoint it is made from.
    expect(statSync(path).size).toBeLessThan(1.001 * sizesOf("tiny.en").recastBytes.int8);
  });

  it("grow with the weights' kind", () => {
    for (const { sizes } of wellKnownModels) {
      const { f32, int8, int4 } = sizes.memoryBytes;
      expect(f32).toBeGreaterThan(3 * int8);
      // The smaller a model, the more of it is its token embedding, which stays int8.
      expect(int8).toBeGreaterThan(1.15 * int4);
      expect(sizes.recastBytes.int8).toBeGreaterThan(1.15 * sizes.recastBytes.int4);
    }
  });
});

const tinyEn = referencePath("../real/models/whisper-tiny.en");

describeWith(existsSync(tinyEn))("the sizes of OpenAI's tiny.en", () => {
  it("are those of its file in F16, and half those of F32", () => {
    const { size } = statSync(`${tinyEn}/model.safetensors`);
    expect(deviation(sizesOf("tiny.en").downloadBytes / 2, size)).toBeLessThan(1e-3);
  });

  it.each<WeightsKind>(["f32", "int8", "int4"])(
    "are those of its memory in %s",
    async (weights) => {
      const kernels = await instantiateNodeKernels();
      const { facts } = await loadRecogniser(kernels, openModelFolder(tinyEn), { weights });
      kernels.dispose();
      expect(deviation(sizesOf("tiny.en").memoryBytes[weights], facts.wasmBytes)).toBeLessThan(0.1);
    },
  );
});
