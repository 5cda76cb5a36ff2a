import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { instantiateKernels } from "../../src/kernels/kernels.ts";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import { wordErrorRate } from "../../src/metrics/word-error-rate.ts";
import { loadRecogniser, type Recogniser } from "../../src/transcription/recogniser.ts";
import { nodeHost } from "../../tools/node/kernels.ts";
import { openModel } from "../../tools/node/open-model.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { seededRandom } from "../fixtures/random.ts";
import { describeWith } from "../fixtures/reference.ts";
import { referenceFolder } from "../fixtures/reference-folder.ts";

const rate = 16000;
const faults = join(referenceFolder, "../faults");
const hasFaults = existsSync(join(faults, "pauses.flac"));

/** The embedded model as anybody has it, on kernels that compute the same on every machine. */
let recogniser: Recogniser;
beforeAll(async () => {
  const kernels = await instantiateKernels(nodeHost, { threads: 2, build: "plain" });
  const { signal } = new AbortController();
  recogniser = await loadRecogniser(kernels, openModel("embedded", { signal }));
});

/** Hears with default options. */
async function hear(samples: Float32Array): Promise<string> {
  return (await recogniser.transcribe(samples)).text;
}

function sound(seconds: number, sample: (i: number) => number): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, i) => sample(i));
}

/** Noise of which each sample keeps so much of the one before. */
function noise(seconds: number, level: number, kept: number): Float32Array {
  const random = seededRandom(1);
  let last = 0;
  return sound(seconds, () => {
    last = kept * last + (1 - kept) * (random() + random() + random() - 1.5);
    return (level * last) / (1 - kept) ** 0.5;
  });
}

describe("with default options nothing is invented on", () => {
  const random = seededRandom(2);
  const hum = (hertz: number) => (i: number) => Math.sin((2 * Math.PI * hertz * i) / rate);
  it.each<[string, Float32Array]>([
    ["silence", sound(30, () => 0)],
    ["dither", sound(30, () => Math.round(random() - random()) / 32768)],
    ["an offset", sound(30, () => 0.1)],
    ["hum", sound(30, (i) => 0.05 * hum(50)(i) + 0.02 * hum(150)(i))],
    ["white noise", noise(30, 0.05, 0)],
    ["brown noise, two windows", noise(60, 0.2, 0.98)],
    ["a moment of loud noise", noise(0.09, 0.5, 0)],
  ])("%s", async (_, samples) => {
    expect(await hear(samples)).toBe("");
  });
});

describeWith(hasFaults, "recordings in `faults` beside FWHISPER_REFERENCE")(
  "with default options",
  () => {
    const read = (file: string) => readAudioFile(join(faults, file), rate);

    it("speech is heard to its end, pauses of four seconds in it", async () => {
      const spoken =
        "Stuff it into you, his belly counselled him. For a full hour he had paced up and down, waiting, but he could wait no longer. He was not an ill-disposed young man.";
      const { text, segments } = await recogniser.transcribe(await read("pauses.flac"));
      const [expected, found] = [spoken, text].map((words) => normaliseEnglish(words));
      expect(wordErrorRate(expected!, found!)).toBeLessThan(0.1);
      expect(segments.length).toBeGreaterThan(2);
    });

    it.each(["recorded-noise.flac", "dog-bark.flac"])("%s gives no text", async (file) => {
      expect(await hear(await read(file))).toBe("");
    });
  },
);
