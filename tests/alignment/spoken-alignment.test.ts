import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findAlignment } from "../../src/alignment/find-alignment.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const folder = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));

/** The bundled sample's digits and when they sound, seconds, by its level; the last two run together. */
const digits = [4, 0, 7, 2, 9, 1, 6];
const sounds = [
  [0.28, 0.58],
  [0.76, 1.1],
  [1.34, 1.7],
  [1.94, 2.16],
  [2.46, 2.84],
] as const;

async function alignSample(weights: WeightsKind) {
  const kernels = await instantiateNodeKernels();
  const { tokenizer, features, generation, config } = await describeModel(openModelFolder(folder));
  const model = await loadModel(kernels, openModelFolder(folder), config, { weights });
  const samples = await readAudioFile(sample, features.sampleRate);
  const { pointer, frameCount } = computeLogMel(kernels, samples, features, { padTo: "none" });
  const audio = await model.encoder.encode(pointer, frameCount, async () => {});
  const used = kernels.heap.usedBytes;
  const decoder = new DecodingState(model.decoder, audio);
  const words = await findAlignment(decoder, digits, {
    tokenizer,
    language: null,
    startTokens: [tokenizer.special.startOfTranscript],
    heads: generation.alignmentHeads,
    positions: Math.floor(frameCount / 2),
    positionsPerSecond: features.sampleRate / features.hopLength / 2,
  });
  kernels.heap.release(used);
  return words;
}

describe("word times of a trained model", () => {
  it.each(["f32", "int8"] as const)("lie where the words sound, %s", async (weights) => {
    const words = await alignSample(weights);
    expect(words.map(({ word }) => Number(word))).toEqual(digits);
    for (const [i, [from, to]] of sounds.entries()) {
      const { start, end } = words[i]!;
      const heard = Math.min(end, to) - Math.max(start, from);
      expect(heard / (to - from), `digit ${i}`).toBeGreaterThan(0.4);
    }
    expect(words.every(({ probability }) => probability > 0.8)).toBe(true);
  });

  it("are hardly moved by rounding to int8", async () => {
    const [exact, rounded] = [await alignSample("f32"), await alignSample("int8")];
    for (const [i, { start }] of exact.entries()) {
      expect(Math.abs(rounded[i]!.start - start)).toBeLessThan(0.1);
    }
  });
});
