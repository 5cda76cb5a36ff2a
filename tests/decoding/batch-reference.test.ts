import { expect, it } from "vitest";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { decodeWithFallback } from "../../src/decoding/decode-windows.ts";
import { planDecoding, sequencesNeeded } from "../../src/decoding/decoding-plan.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { describeWithReference, referencePath } from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";
import { decodeOne } from "./decode-one.ts";

/** The main clip from three places on, each as long as is left of it. */
const starts = [0, 300, 700];
const clipFrames = 1100;

async function encodeParts(weights: "f32" | "int8") {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath("models/multi-d192-f16-v3"));
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config, { weights });
  const logMel = kernels.heap.copyF32(referenceLogMel());
  const parts = [];
  for (const start of starts) {
    const from = logMel + start * model.config.melBins * 4;
    parts.push(await model.encoder.encode(from, clipFrames - start, async () => {}));
  }
  return { kernels, description, model, parts };
}

describeWithReference.each(["f32", "int8"] as const)("windows decoded together, %s", (weights) => {
  it.each<[string, DecodingOptions]>([
    ["greedily", {}],
    ["by beam search", { beamSize: 3 }],
    ["by samples", { temperature: 0.4, bestOf: 2, seed: 5 }],
    ["by a ladder", { temperature: [0, 0.6], beamSize: 2, logProbThreshold: -0.6 }],
  ])("give what each gives alone: %s", async (_, options) => {
    const { description, model, parts } = await encodeParts(weights);
    const { tokenizer, generation } = description;
    const plans = ["en", "de", "he"].map((language, i) => {
      const prompt = Array.from({ length: i * 9 }, (_, token) => 20 + token);
      const all = { maxTokens: 40, timestamps: "segment", prompt, ...options } as const;
      return planDecoding(all, language, tokenizer, generation);
    });
    const sequences = sequencesNeeded(options);
    const together = await decodeWithFallback(
      new DecodingState(model.decoder, parts, { sequences }),
      plans,
      {
        positions: starts,
      },
    );
    for (const [i, part] of parts.entries()) {
      const decoder = new DecodingState(model.decoder, part, { sequences });
      const alone = await decodeOne(decoder, plans[i]!, { position: starts[i]! });
      expect(together[i]!.tokens).toEqual(alone.tokens);
      expect(together[i]!.temperature).toBe(alone.temperature);
      // Sums of products depend on how many rows there are; int8 caches round the other way then.
      const tolerance = weights === "f32" ? 1e-3 : 0.5;
      expect(Math.abs(together[i]!.sumLogProb - alone.sumLogProb)).toBeLessThan(tolerance);
    }
  });
});
