import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { DecodingOptions } from "../../src/options/options.ts";
import type { TranscribeProgress } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { detectSpeech } from "../../src/vad/voice-activity.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

async function setUp() {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModelFolder(path("models/digits")));
  const { sampleRate } = recogniser.facts;
  const sample = await readAudioFile(path("samples/numbers.wav"), sampleRate);
  /** The sample, and parts of it, at these times. */
  const recording = new Float32Array(60 * sampleRate);
  recording.set(sample, 5 * sampleRate);
  recording.set(sample.subarray(0, Math.floor(sample.length / 2)), 20 * sampleRate);
  recording.set(sample, 30 * sampleRate);
  recording.set(sample.subarray(Math.floor(sample.length / 2)), 45 * sampleRate);
  return { kernels, recogniser, recording };
}

describe("stretches of speech heard together", () => {
  it.each([2, 3, 8])("say what each says alone, %i at a time", async (batchSize) => {
    const { kernels, recogniser, recording } = await setUp();
    const alone = await recogniser.transcribe(recording, { voiceActivity: true });
    expect(alone.segments.length).toBeGreaterThan(3);
    const mark = kernels.heap.mark();
    const together = await recogniser.transcribe(recording, { voiceActivity: true, batchSize });
    expect(kernels.heap.mark()).toBe(mark);
    expect(together.text).toBe(alone.text);
    expect(together.tokens).toEqual(alone.tokens);
    expect(together.segments.map(({ id }) => id)).toEqual(alone.segments.map(({ id }) => id));
    for (const [i, { start, end, text, avgLogProb }] of together.segments.entries()) {
      const twin = alone.segments[i]!;
      expect(text).toBe(twin.text);
      // The seek loop hears the recording to its frames, the detector's stretches begin at samples.
      expect(Math.abs(start - twin.start)).toBeLessThan(0.02);
      expect(Math.abs(end - twin.end)).toBeLessThan(0.02);
      expect(avgLogProb).toBeCloseTo(twin.avgLogProb, 1);
    }
  });

  it("are heard in pieces where they say more than the model can", async () => {
    const { recogniser, recording } = await setUp();
    const options = { voiceActivity: true, batchSize: 4, maxTokens: 3 };
    const { segments, text } = await recogniser.transcribe(recording, options);
    expect(segments.length).toBeGreaterThan(6);
    for (const { tokens } of segments) expect(tokens.length).toBeLessThanOrEqual(3);
    const starts = segments.map(({ start }) => start);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(text.replaceAll(" ", "").length).toBeGreaterThan(15);
  });

  it("tell how far they are, and stop between two steps", async () => {
    const { kernels, recogniser, recording } = await setUp();
    const options = { voiceActivity: true, batchSize: 3 };
    const events: TranscribeProgress[] = [];
    const onProgress = (event: TranscribeProgress) => void events.push(event);
    await recogniser.transcribe(recording, options, { onProgress });
    const fractions = events.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect([fractions[0], fractions.at(-1)]).toEqual([0, 1]);
    const stretches = detectSpeech(recording, 8000);
    const samples = stretches.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(events.at(-1)!.totalSeconds).toBeCloseTo(samples / 8000, 9);

    const mark = kernels.heap.mark();
    const controller = new AbortController();
    const hooks = {
      signal: controller.signal,
      onProgress: ({ status }: TranscribeProgress) => {
        if (status === "decode") controller.abort(new Error("enough"));
      },
    };
    await expect(recogniser.transcribe(recording, options, hooks)).rejects.toThrow("enough");
    expect(kernels.heap.mark()).toBe(mark);
  });

  it("that are shorter than a frame are left out", async () => {
    const { recogniser, recording } = await setUp();
    // The last stretch is cut short by the end, within a frame.
    const clicks = new Float32Array(recording.length + 37);
    clicks.set(recording);
    for (let i = 0; i < clicks.length; i++) clicks[i]! += 1e-4 * Math.sin(i * i * 12345.678);
    for (const at of [1000, 15 * 8000, clicks.length - 20]) {
      for (let i = at; i < at + 20; i++) clicks[i] = i % 2 ? 0.02 : -0.02;
    }
    const voiceActivity = { padding: 0, minSpeechDuration: 0 };
    const lengths = detectSpeech(clicks, 8000, voiceActivity).map(({ start, end }) => end - start);
    expect(Math.min(...lengths)).toBeLessThan(160);
    const alone = await recogniser.transcribe(clicks, { voiceActivity });
    const together = await recogniser.transcribe(clicks, { voiceActivity, batchSize: 2 });
    expect(together.text).toBe(alone.text);
  });

  it("may be none", async () => {
    const { recogniser } = await setUp();
    const silence = new Float32Array(40 * recogniser.facts.sampleRate);
    const options = { voiceActivity: true, batchSize: 4 };
    const { text, segments, timing } = await recogniser.transcribe(silence, options);
    expect({ text, segments, encode: timing.encode }).toEqual({
      text: "",
      segments: [],
      encode: 0,
    });
  });

  it.each<[DecodingOptions, string]>([
    [{ batchSize: 4 }, "voiceActivity"],
    [{ batchSize: 0, voiceActivity: true }, "batchSize"],
    [{ batchSize: 2, voiceActivity: true, conditionOnPreviousText: true }, "conditionOnPrevious"],
    [{ voiceActivity: true, clipTimestamps: [0, 1] }, "clipTimestamps"],
  ])("are refused with %j", async (options, named) => {
    const { recogniser, recording } = await setUp();
    const refused = recogniser.transcribe(recording, options);
    await expect(refused).rejects.toMatchObject({ name: "OptionError" });
    await expect(refused).rejects.toThrow(named);
  });
});
