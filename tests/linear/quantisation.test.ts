import { describe, expect, it } from "vitest";
import { randomModel } from "../../bench/random-model.ts";
import { configOf, type ShapeName } from "../../bench/shapes.ts";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { randomF32 } from "../fixtures/random.ts";
import { signalToNoise } from "../fixtures/signal-to-noise.ts";
import { build, testKernels } from "../kernels/test-kernels.ts";

const FRAMES = 300;

async function encode(shape: ShapeName, weights: WeightsKind): Promise<Float32Array> {
  const kernels = await testKernels({ threads: 2 });
  const config = parseModelConfig(configOf(shape));
  const { encoder } = await loadModel(kernels, randomModel(shape), config, { weights });
  const { heap } = kernels;
  const logMel = heap.copyF32(randomF32(FRAMES * config.melBins, 1));
  const { pointer, positions } = await encoder.encode(logMel, FRAMES, async () => {});
  const output = heap.f32(pointer, positions * config.width).slice();
  kernels.dispose();
  return output;
}

describe.each(["tiny", "base"] as const)("the encoder's output of a random %s", async (shape) => {
  const exact = await encode(shape, "f32");

  it.each([
    ["int8", build === "plain" ? 33 : 30],
    ["int4", 15],
  ] as const)("in %s has more than %i dB of signal to noise", async (weights, decibels) => {
    expect(signalToNoise(await encode(shape, weights), exact)).toBeGreaterThan(decibels);
  });
});
