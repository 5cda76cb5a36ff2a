import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { streamLive } from "../../src/captions/stream-live.ts";
import { countErrors, errorRate, totalErrors } from "../../src/metrics/word-error-rate.ts";
import type { Segment } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { describeWith, referencePath } from "../fixtures/reference.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const recordings = referencePath("../audio/spoken-numbers");
const rate = 8000;

/** A device: blocks of 43 ms, which give an engine its time. */
async function* play(...parts: readonly Float32Array[]) {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 344) {
      yield part.subarray(at, at + 344);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function captionAll(source: AsyncIterable<Float32Array>): Promise<Segment[]> {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModelFolder(digits), { weights: "f32" });
  const { signal } = new AbortController();
  const segments: Segment[] = [];
  for await (const event of streamLive(recogniser, source, {}, signal)) {
    if (event.status === "final") segments.push(event.segment);
  }
  return segments;
}

describe("live captions of the bundled sample", () => {
  it("are its text", async () => {
    const samples = await readAudioFile(sample, rate);
    const silence = new Float32Array(2 * rate);
    const segments = await captionAll(play(silence, samples, silence));
    expect(segments.map(({ text }) => text).join("")).toBe("4072916");
    expect(segments[0]!.start).toBeGreaterThan(1.5);
    expect(segments.at(-1)!.end).toBeLessThan(2 + samples.length / rate + 0.5);
  });
});

describeWith(existsSync(recordings))("live captions of recordings, with pauses between", () => {
  it("are about as good as recordings one by one", async () => {
    const manifest = readFileSync(`${recordings}/manifest.jsonl`, "utf8").trim().split("\n");
    const parts: Float32Array[] = [];
    let said = "";
    for (const line of manifest.slice(0, 30)) {
      const { audio, text } = JSON.parse(line) as { audio: string; text: string };
      parts.push(await readAudioFile(`${recordings}/${audio}`, rate), new Float32Array(2 * rate));
      said += text;
    }
    const segments = await captionAll(play(...parts));
    const heard = segments.map(({ text }) => text).join("");
    // One by one 3.3 percent of all digits are wrong.
    expect(errorRate(totalErrors([countErrors([...said], [...heard])]))).toBeLessThan(0.08);
  });
});
