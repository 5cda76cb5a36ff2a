import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { instantiateKernels } from "../../src/kernels/kernels.ts";
import type { WeightsKind } from "../../src/options/options.ts";
import embeddedModel from "../../src/tiny.en.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { openModelAt, openModelFolder } from "../../tools/node/model-folder.ts";
import {
  compareWindows,
  hearReference,
  type ReferenceWindow,
  summariseWindows,
} from "../../tools/quality/compare-windows.ts";
import { recordingSets } from "../../tools/quality/recordings.ts";
import { readSpeechWindows } from "../../tools/quality/speech-windows.ts";
import { describeWithTinyEn, tinyEnFolder } from "../fixtures/real-models.ts";

/** The most that rounding may cost on the clips, against float32's own greedy text. */
const bounds = {
  /** klDivergence: nats a token; differing: share of words. */
  int8: { klDivergence: 0.0007, differing: 0.01 },
  int4: { klDivergence: 0.05, differing: 0.12 },
  embedded: { klDivergence: 0.02, differing: 0.08 },
} as const;

/** A model to load and four windows to hear, on a busy machine. */
const MODEL_SECONDS = 60;
/** Held out: nothing was fitted to them. About 80 tokens. */
const clips = ["jfk.flac", "ls1.flac", "lv0890.flac", "sb_LJ050-0131.flac"];

const hasEmbedded = existsSync(fileURLToPath(embeddedModel.files["model.safetensors"]!));

describeWithTinyEn("rounded tiny.en beside float32", () => {
  const plain = openModelFolder(tinyEnFolder);
  let references: readonly ReferenceWindow[];
  beforeAll(async () => {
    references = await withModel(plain, "f32", async (loaded) => {
      const recordings = recordingSets["held-out"].filter(({ file }) => clips.includes(file));
      const { features } = loaded.description;
      return hearReference(loaded, await readSpeechWindows(recordings, features));
    });
  }, MODEL_SECONDS * 1000);

  async function expectBounds(source: ModelSource, kind: WeightsKind, name: keyof typeof bounds) {
    const compared = await withModel(source, kind, (loaded) => compareWindows(loaded, references));
    const { klDivergence, differing } = summariseWindows(compared);
    expect(klDivergence).toBeGreaterThan(0);
    expect(klDivergence).toBeLessThan(bounds[name].klDivergence);
    expect(differing.rate).toBeLessThan(bounds[name].differing);
  }

  it("float32 is no way from itself", async () => {
    const compared = await withModel(plain, "f32", (loaded) => {
      return compareWindows(loaded, references.slice(0, 1));
    });
    const { klDivergence, flips, encoderSnr } = summariseWindows(compared);
    expect({ klDivergence, flips, encoderSnr }).toEqual({
      klDivergence: 0,
      flips: 0,
      encoderSnr: Number.POSITIVE_INFINITY,
    });
  });

  it.each(["int8", "int4"] as const)("%s as it is loaded stays within its bounds", (kind) => {
    return expectBounds(plain, kind, kind);
  });

  it.skipIf(!hasEmbedded)("the embedded model stays within its bounds", () => {
    return expectBounds(openModelAt(embeddedModel), "int8", "embedded");
  });
});

/** Loads weights into plain kernels of their own: they compute the same on every machine. */
async function withModel<T>(
  source: ModelSource,
  weights: WeightsKind,
  measure: (loaded: LoadedModel) => Promise<T>,
): Promise<T> {
  const kernels = await instantiateKernels(nodeHost, { threads: 2, build: "plain" });
  try {
    return await measure((await loadRecogniser(kernels, source, { weights })).loaded);
  } finally {
    kernels.dispose();
  }
}
