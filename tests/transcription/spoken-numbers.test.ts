import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { WeightsKind } from "../../src/options/options.ts";
import { loadRecogniser, type Recogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { seededRandom } from "../fixtures/random.ts";
import { describeWith, referencePath } from "../fixtures/reference.ts";
import {
  hasRecordings,
  percentWrong,
  type Recording,
  readManifest,
  recordingsFolder,
} from "../fixtures/spoken-numbers.ts";

const folder = (name: string) =>
  fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));

const models = referencePath("../models");
const describeWithRecordings = describeWith(hasRecordings && existsSync(models));

async function openRecogniser(folder: string, weights: WeightsKind = "f32") {
  return loadRecogniser(await instantiateNodeKernels(), openModelFolder(folder), { weights });
}

describe.each(["digits", "digits-cascade"])("the model %s", (name) => {
  it("hears the sample", async () => {
    const recogniser = await openRecogniser(folder(name));
    const samples = await readAudioFile(sample, recogniser.facts.sampleRate);
    const transcript = await recogniser.transcribe(samples);
    expect(transcript.text).toBe("4072916");
    expect(transcript.tokens).toEqual([4, 0, 7, 2, 9, 1, 6]);
    expect(transcript.duration).toBe(samples.length / 8000);
    expect(transcript.segments).toHaveLength(1);
    expect(transcript.segments[0]).toMatchObject({
      id: 0,
      start: 0,
      end: transcript.duration,
      text: "4072916",
    });
  });
});

/** Word error rates of shared/models/README.md, percent of digits. */
const published = {
  "embedded-dense": { clean: 3.34, noisy: 9.97 },
  "embedded-cascade": { clean: 10.02, noisy: 17.17 },
};

/** The text of each recording. */
async function hearAll(recogniser: Recogniser, manifest: readonly Recording[]) {
  const heard = new Map<string, string>();
  for (const { audio } of manifest) {
    const samples = await readAudioFile(
      `${recordingsFolder}/${audio}`,
      recogniser.facts.sampleRate,
    );
    const { text } = await recogniser.transcribe(samples, { temperature: 0 });
    heard.set(audio, text);
  }
  return heard;
}

describeWithRecordings("the digits model in rounded weights", () => {
  it("is as good in int8 as in f32 to 0.3 percent of all digits, in int4 to a seventh of the errors", async () => {
    const manifest = readManifest();
    const rate = async (weights: WeightsKind) => {
      const recogniser = await openRecogniser(`${models}/embedded-dense`, weights);
      return percentWrong(manifest, await hearAll(recogniser, manifest));
    };
    const exact = await rate("f32");
    expect(Math.abs((await rate("int8")) - exact)).toBeLessThan(0.3);
    // 61 digits of 930 for 55: half of what either is uncertain by.
    expect(await rate("int4")).toBeLessThan((8 / 7) * exact);
  });
});

describeWithRecordings.each(Object.entries(published))(
  "%s on 200 strings of digits by a speaker it never heard",
  (name, rates) => {
    it("gives the published texts and word error rates", async () => {
      const manifest = readManifest();
      const expected = JSON.parse(readFileSync(`${models}/${name}.transcripts.json`, "utf8"));
      const recogniser = await openRecogniser(`${models}/${name}`);
      const heard = await hearAll(recogniser, manifest);
      expect(manifest).toHaveLength(200);
      const same = manifest.filter(({ audio }) => heard.get(audio) === expected[audio]);
      expect(same.length).toBeGreaterThanOrEqual(198);
      for (const condition of ["clean", "noisy"] as const) {
        const part = manifest.filter((recording) => recording.condition === condition);
        const percent = percentWrong(part, heard);
        expect(Math.abs(percent - rates[condition]), condition).toBeLessThan(0.3);
      }
    });

    it("gives no text for silence and faint noise", async () => {
      const recogniser = await openRecogniser(`${models}/${name}`);
      const random = seededRandom(7);
      for (const amplitude of [0, 1e-4, 1e-3, 1e-2]) {
        for (const seconds of [0.5, 2, 10]) {
          const noise = Float32Array.from({ length: seconds * 8000 }, () => {
            return amplitude * (random() * 2 - 1);
          });
          const { text } = await recogniser.transcribe(noise);
          expect(text, `${seconds} s of noise of ${amplitude}`).toBe("");
        }
      }
    });
  },
);
