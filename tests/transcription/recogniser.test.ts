import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { AudioError, OptionError } from "../../src/errors.ts";
import type { DecodingOptions, WeightsKind } from "../../src/options/options.ts";
import type { TranscribeProgress } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));

async function setUp() {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModelFolder(digits));
  return { kernels, recogniser, samples: await readAudioFile(sample, 8000) };
}

describe("Recogniser", () => {
  it("tells what the model can", async () => {
    const { recogniser, kernels } = await setUp();
    expect(recogniser.facts).toEqual({
      sampleRate: 8000,
      windowDuration: 16,
      languages: [],
      isMultilingual: false,
      hasTimestamps: false,
      wasmBytes: kernels.heap.usedBytes,
      kernels: kernels.build,
      threads: 1,
      weights: "f32",
    });
  });

  it("refuses kinds of weights that there are not", async () => {
    const kernels = await instantiateNodeKernels();
    const weights = "int2" as WeightsKind;
    const loading = loadRecogniser(kernels, openModelFolder(digits), { weights });
    await expect(loading).rejects.toMatchObject({
      name: "OptionError",
      message: 'weights: expected "f32", "int8" or "int4"; found "int2".',
    });
  });

  it("reports progress that never falls and ends at 1, with the text as it grows", async () => {
    const { recogniser, samples } = await setUp();
    const events: TranscribeProgress[] = [];
    await recogniser.transcribe(samples, {}, { onProgress: (event) => events.push(event) });
    const fractions = events.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions[0]).toBe(0);
    expect(fractions.at(-1)).toBe(1);
    expect(new Set(events.map(({ status }) => status))).toEqual(
      new Set(["features", "encode", "decode"]),
    );
    const texts = events.filter(({ status }) => status === "decode").map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["4", "40", "407", "4072916"]));
  });

  it("gives the same transcript again, in the same memory", async () => {
    const { recogniser, samples, kernels } = await setUp();
    const first = await recogniser.transcribe(samples);
    const { peakBytes, usedBytes } = kernels.heap;
    const second = await recogniser.transcribe(samples);
    expect({ ...second, timing: null }).toEqual({ ...first, timing: null });
    expect(kernels.heap.peakBytes).toBe(peakBytes);
    expect(kernels.heap.usedBytes).toBe(usedBytes);
  });

  it.each(["encode", "decode"] as const)(
    "stops within a step of an abort during %s",
    async (at) => {
      const { recogniser, samples, kernels } = await setUp();
      const used = kernels.heap.usedBytes;
      const controller = new AbortController();
      const reason = new Error("enough");
      let eventsAfter = 0;
      const stopped = recogniser.transcribe(
        samples,
        {},
        {
          signal: controller.signal,
          onProgress: ({ status }) => {
            if (controller.signal.aborted) eventsAfter++;
            if (status === at) controller.abort(reason);
          },
        },
      );
      await expect(stopped).rejects.toBe(reason);
      expect(eventsAfter).toBe(0);
      expect(kernels.heap.usedBytes).toBe(used);
      expect((await recogniser.transcribe(samples)).text).toBe("4072916");
    },
  );

  it("takes a full window, and refuses audio that is empty or not finite", async () => {
    const { recogniser } = await setUp();
    const { text, segments } = await recogniser.transcribe(new Float32Array(16 * 8000));
    expect({ text, segments }).toEqual({ text: "", segments: [] });
    for (const seconds of [1, 40]) {
      const broken = new Float32Array(seconds * 8000).fill(Number.NaN);
      await expect(recogniser.transcribe(broken)).rejects.toThrow(AudioError);
    }
    await expect(recogniser.transcribe(new Float32Array(0))).rejects.toThrow(AudioError);
  });

  it("refuses what this model cannot do, before any work", async () => {
    const { recogniser, samples } = await setUp();
    const impossible: DecodingOptions[] = [
      { timestamps: "segment" },
      { task: "translate" },
      { language: "de" },
      { prompt: [1, 2] },
      { clipTimestamps: [2, 1] },
      { maxTokens: 13 },
      { suppressTokens: [14] },
      { beams: 5 } as DecodingOptions,
      { beamSize: 5, temperature: 0.5 },
      { timestamps: "word" },
      { initialPrompt: "12" },
      { prompt: [1], initialPrompt: "12" },
      { task: "sing" } as unknown as DecodingOptions,
    ];
    for (const options of impossible) {
      let events = 0;
      const refused = recogniser.transcribe(samples, options, { onProgress: () => events++ });
      await expect(refused, JSON.stringify(options)).rejects.toThrow(OptionError);
      expect(events).toBe(0);
    }
  });

  it("sees a whole window of silence after the clip when the full context is asked for", async () => {
    const { recogniser, samples } = await setUp();
    const full = await recogniser.transcribe(samples, { encoderContext: "full" });
    const trimmed = await recogniser.transcribe(samples, { encoderContext: "trimmed" });
    expect(trimmed.text).toBe("4072916");
    // Trained without padding, the model is surer of itself without.
    expect(full.segments[0]?.avgLogProb).not.toBe(trimmed.segments[0]!.avgLogProb);
  });
});
