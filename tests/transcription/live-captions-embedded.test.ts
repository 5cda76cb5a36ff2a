import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { VoiceActivityDetector } from "../../src/audio/voice-activity.ts";
import { countErrors, errorRate, totalErrors } from "../../src/metrics/word-error-rate.ts";
import type { Segment } from "../../src/results.ts";
import type { Hypothesise } from "../../src/transcription/caption-hypothesis.ts";
import { streamCaptions } from "../../src/transcription/caption-stream.ts";
import { LiveCaptions } from "../../src/transcription/live-captions.ts";
import { describeModel } from "../../src/transcription/model-description.ts";
import { loadRecogniser, type Recogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { describeWith, referencePath } from "../fixtures/reference.ts";

const embedded = fileURLToPath(new URL("../../public/models/embedded", import.meta.url));
const sample = fileURLToPath(new URL("../../public/samples/numbers.wav", import.meta.url));
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

/** Digits are the words of the embedded model; it is not asked for their times. */
function hypothesiseWith(recogniser: Recogniser): Hypothesise {
  return async ({ samples }, signal) => {
    const transcript = await recogniser.transcribe(samples, {}, { signal });
    const { temperature = 0, compressionRatio = 1 } = transcript.segments[0] ?? {};
    const { avgLogProb, noSpeechProb, tokens, text } = transcript;
    return {
      words: [...text].map((digit, i) => ({ text: digit, tokens: [tokens[i]!] })),
      language: transcript.language,
      quality: { temperature, compressionRatio, avgLogProb, noSpeechProb },
    };
  };
}

async function captionAll(source: AsyncIterable<Float32Array>): Promise<Segment[]> {
  const folder = openModelFolder(embedded);
  const recogniser = await loadRecogniser(await instantiateNodeKernels(), folder, {
    weights: "f32",
  });
  const { features } = await describeModel(folder);
  const captions = new LiveCaptions(features, new VoiceActivityDetector(rate, {}, 0.3));
  const segments: Segment[] = [];
  for await (const event of streamCaptions(source, captions, hypothesiseWith(recogniser))) {
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
