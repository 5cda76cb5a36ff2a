import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { normaliseEnglish } from "../../src/metrics/english-normaliser.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModel } from "../../tools/node/open-model.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const sample = fileURLToPath(new URL("../../public/samples/jfk.flac", import.meta.url));
const { signal } = new AbortController();
const sentence =
  "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.";

it("the embedded model hears the bundled sample", async () => {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModel("embedded", { signal }));
  const { sampleRate, isMultilingual, hasTimestamps } = recogniser.facts;
  expect({ sampleRate, isMultilingual, hasTimestamps }).toEqual({
    sampleRate: 16000,
    isMultilingual: false,
    hasTimestamps: true,
  });
  const samples = await readAudioFile(sample, sampleRate);
  expect(samples).toHaveLength(11 * sampleRate);
  const { text } = await recogniser.transcribe(samples);
  expect(normaliseEnglish(text)).toBe(normaliseEnglish(sentence));
  kernels.dispose();
});
