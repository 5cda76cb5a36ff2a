import { expect, it } from "vitest";
import { parseModelConfig } from "../../src/checkpoint/model-config.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { maxDifference } from "../fixtures/compare.ts";
import {
  describeWithReference,
  referenceF32,
  referenceJson,
  referencePath,
} from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";

/** Encoder output and logits may differ by rounding only; the issue allows 2e-3. */
const TOLERANCE = 2e-4;

async function encodeReferenceClip(name: string) {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath(`models/${name}`));
  const config = parseModelConfig(await source.json("config.json"));
  const model = await loadModel(kernels, source, config);
  const logMel = kernels.heap.copyF32(referenceLogMel());
  const layers: number[] = [];
  const audio = await model.encoder.encode(logMel, 3000, async (done) => {
    layers.push(done);
  });
  return { kernels, model, audio, layers };
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "the network against OpenAI's: %s",
  (name) => {
    it("encodes to the same output", async () => {
      const { kernels, model, audio, layers } = await encodeReferenceClip(name);
      const { width } = model.config;
      const reference = referenceJson(`refs/${name}/encoder.json`);
      expect([audio.positions, width]).toEqual(reference.output.shape);
      expect(layers).toEqual(Array.from({ length: model.config.encoder.layers }, (_, i) => i + 1));
      const output = kernels.heap.f32(audio.pointer, audio.positions * width);
      const first = referenceF32(`refs/${name}/encoder_first64.f32`);
      expect(maxDifference(output.slice(0, first.length), first)).toBeLessThan(TOLERANCE);
      for (const [row, values] of Object.entries(reference.output_selected_rows)) {
        const start = Number(row) * width;
        const actual = output.slice(start, start + width);
        expect(maxDifference(actual, values as number[]), `row ${row}`).toBeLessThan(TOLERANCE);
      }
      const l2 = Math.sqrt(output.reduce((sum, x) => sum + x * x, 0));
      expect(Math.abs(l2 / reference.output.l2 - 1)).toBeLessThan(1e-5);
    });

    it("gives the same logits, fed at once and token by token", async () => {
      const { model, audio } = await encodeReferenceClip(name);
      const { prompt, positions } = referenceJson(`refs/${name}/logits.json`);
      const state = new DecodingState(model.decoder, audio, { logitRows: prompt.length });
      const rows = prompt.map((_: number, i: number) => i);
      const atOnce = state.feed(prompt, rows).map(({ values }) => values.slice());
      state.reset();
      const oneByOne = prompt.map((token: number) => state.feed([token], [0])[0]!.values.slice());
      for (const logits of [atOnce, oneByOne]) {
        positions.forEach(
          (expected: { top50_ids: number[]; top50_values: number[] }, i: number) => {
            const actual = expected.top50_ids.map((id) => logits[i]![id]!);
            expect(maxDifference(actual, expected.top50_values)).toBeLessThan(TOLERANCE);
          },
        );
      }
      if (name !== "multi-d32-f16") {
        const last = referenceF32(`refs/${name}/logits_last.f32`);
        expect(maxDifference(atOnce.at(-1)!, last)).toBeLessThan(TOLERANCE);
      }
    });
  },
);
