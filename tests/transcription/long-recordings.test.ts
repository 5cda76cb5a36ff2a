import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import type { TranscribeProgress } from "../../src/results.ts";
import { loadRecogniser, type RecognitionEvent } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const rate = 8000;
const number = "4072916";

/** The sample at each of these times, silence between. */
async function numbersAt(times: readonly number[], duration: number) {
  const spoken = await readAudioFile(sample, rate);
  const samples = new Float32Array(duration * rate);
  for (const time of times) samples.set(spoken, time * rate);
  return { samples, spokenSeconds: spoken.length / rate };
}

async function setUp(folder = digits) {
  const kernels = await instantiateNodeKernels();
  return { kernels, recogniser: await loadRecogniser(kernels, openModelFolder(folder)) };
}

describe("a recording longer than the window of a model without timestamps", () => {
  it("is cut where it is quiet: of two numbers in 40 s both are heard whole", async () => {
    const { recogniser } = await setUp();
    for (const second of [12, 14, 20, 30, 35]) {
      const { samples, spokenSeconds } = await numbersAt([1, second], 40);
      const { segments, text, duration } = await recogniser.transcribe(samples);
      expect(
        segments.map((segment) => segment.text),
        `at ${second} s`,
      ).toEqual([number, number]);
      expect(text).toBe(number + number);
      expect(duration).toBe(40);
      for (const [i, at] of [1, second].entries()) {
        const { id, start, end, seek } = segments[i]!;
        expect({ id, start }).toEqual({ id: i, start: seek / 50 });
        // Half a second of silence at most is kept around it.
        expect(Math.abs(start - at)).toBeLessThan(0.5);
        expect(Math.abs(end - (at + spokenSeconds))).toBeLessThan(0.5);
      }
    }
  });

  it("hears more digits than one window can say by shorter windows", async () => {
    const { recogniser } = await setUp();
    // No pause of a second between them.
    const { samples } = await numbersAt([0, 5, 10, 15], 20);
    expect((await recogniser.transcribe(samples)).text).toBe(number.repeat(4));
  });

  it("gives the clips alone that are asked for", async () => {
    const { recogniser } = await setUp();
    const { samples } = await numbersAt([1, 8, 30], 40);
    const { segments } = await recogniser.transcribe(samples, { clipTimestamps: [7, 13, 29] });
    expect(segments).toMatchObject([
      { text: number, start: expect.closeTo(8, 0.5) },
      { text: number, start: expect.closeTo(30, 0.5) },
    ]);
    const none = await recogniser.transcribe(samples, { clipTimestamps: [50] });
    expect(none).toMatchObject({ text: "", segments: [], tokens: [], avgLogProb: 0, duration: 40 });
  });

  it("gives no text for silence", async () => {
    const { recogniser } = await setUp();
    const transcript = await recogniser.transcribe(new Float32Array(60 * rate));
    expect(transcript).toMatchObject({ text: "", segments: [] });
  });
});

describe("recognise", () => {
  it("tells each segment before the next window begins, and at last the transcript", async () => {
    const { recogniser } = await setUp();
    const { samples } = await numbersAt([1, 30], 40);
    const events: RecognitionEvent[] = [];
    const order: string[] = [];
    const hooks = { onProgress: ({ status }: TranscribeProgress) => order.push(status) };
    for await (const event of recogniser.recognise(samples, {}, hooks)) {
      events.push(event);
      order.push(event.status);
    }
    expect(order.lastIndexOf("segment")).toBeGreaterThan(order.indexOf("window"));
    expect(order.slice(order.indexOf("segment")).slice(0, 3)).toEqual([
      "segment",
      "window",
      "features",
    ]);
    const windows = events.filter((event) => event.status === "window");
    expect(windows.length).toBeGreaterThanOrEqual(3);
    expect(windows.map(({ totalSeconds }) => totalSeconds)).toEqual(windows.map(() => 40));
    const done = windows.map(({ doneSeconds }) => doneSeconds);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(40);
    expect(events.at(-1)).toMatchObject({ status: "done", transcript: { text: number + number } });
  });

  it("reports progress that never falls, with the seconds that are done", async () => {
    const { recogniser } = await setUp();
    const { samples } = await numbersAt([1, 20], 40);
    const events: TranscribeProgress[] = [];
    await recogniser.transcribe(samples, {}, { onProgress: (event) => events.push(event) });
    for (const field of ["fraction", "doneSeconds"] as const) {
      const values = events.map((event) => event[field]);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    expect(events[0]).toMatchObject({ fraction: 0, doneSeconds: 0, totalSeconds: 40 });
    expect(events.at(-1)).toMatchObject({
      fraction: 1,
      doneSeconds: 40,
      totalSeconds: 40,
      text: number + number,
    });
    expect(events.map(({ text }) => text)).toContain(`${number}40`);
  });

  it("keeps what was finished when it is aborted, and gives the memory back", async () => {
    const { recogniser, kernels } = await setUp();
    const { samples } = await numbersAt([1, 30], 40);
    const used = kernels.heap.usedBytes;
    const controller = new AbortController();
    const heard: string[] = [];
    const listen = async () => {
      const { signal } = controller;
      for await (const event of recogniser.recognise(samples, {}, { signal })) {
        if (event.status !== "segment") continue;
        heard.push(event.segment.text);
        controller.abort(new Error("enough"));
      }
    };
    await expect(listen()).rejects.toThrow("enough");
    expect(heard).toEqual([number]);
    expect(kernels.heap.usedBytes).toBe(used);
  });

  it("stops where its listener does", async () => {
    const { recogniser, kernels } = await setUp();
    const { samples } = await numbersAt([1, 30], 40);
    const used = kernels.heap.usedBytes;
    let events = 0;
    const hooks = { onProgress: () => events++ };
    for await (const { status } of recogniser.recognise(samples, {}, hooks)) {
      if (status === "window") break;
    }
    const before = events;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(events).toBe(before);
    expect(kernels.heap.usedBytes).toBe(used);
    expect((await recogniser.transcribe(samples)).text).toBe(number + number);
  });
});

describeWithReference("options on a long recording", () => {
  const reference = "models/multi-d32-f16";
  const long = () => referenceAudio("long").subarray(0, 31 * 16000);

  async function promptLengths(options: DecodingOptions): Promise<number[]> {
    const { recogniser } = await setUp(referencePath(reference));
    const lengths: number[] = [];
    const all = { language: "en", noSpeechThreshold: null, ...options };
    for await (const event of recogniser.recognise(long(), all)) {
      if (event.status === "window") lengths.push(event.window.promptLength);
    }
    return lengths;
  }

  it("tells no window of text that was sampled at a temperature above 0.5", async () => {
    expect((await promptLengths({ temperature: 0.5 }))[1]).toBeGreaterThan(0);
    const hot = await promptLengths({ temperature: 0.51, initialPrompt: "Hello." });
    expect(hot[0]).toBeGreaterThan(0);
    expect(hot.slice(1)).toEqual(hot.slice(1).map(() => 0));
  });

  it("takes the text before it as ids or as text, not both", async () => {
    expect((await promptLengths({ prompt: [1, 2, 3] }))[0]).toBe(3);
    await expect(promptLengths({ prompt: [1, 2, 3], initialPrompt: "Hello." })).rejects.toThrow(
      OptionError,
    );
  });

  it('cuts by timestamps though "none" are asked for, one window too', async () => {
    const { recogniser } = await setUp(referencePath(reference));
    const options = { language: "en", temperature: 0, noSpeechThreshold: null } as const;
    const none = await recogniser.transcribe(long(), options);
    const asked = await recogniser.transcribe(long(), { ...options, timestamps: "segment" });
    expect(none.segments).toEqual(asked.segments);
    expect(new Set(none.segments.map(({ seek }) => seek)).size).toBeGreaterThan(1);
    const { segments } = await recogniser.transcribe(referenceAudio("jfk"), options);
    expect(segments.length).toBeGreaterThan(1);
  });
});

describeWithReference("languages", () => {
  it("tells how probable each language is, where it was not given", async () => {
    const { recogniser } = await setUp(referencePath("models/multi-d32-f16"));
    const { language_probabilities: expected } = referenceJson("refs/multi-d32-f16/decode.json");
    const jfk = referenceAudio("jfk");
    const brief: DecodingOptions = { timestamps: "segment", maxTokens: 1 };
    // Both detect by the opening with silence behind it, though the seek loop decodes another window.
    for (const options of [brief, { ...brief, clipTimestamps: [2] }]) {
      const { languageProbabilities, language } = await recogniser.transcribe(jfk, options);
      const entries = Object.entries(languageProbabilities ?? {});
      expect(entries[0]![0]).toBe(language);
      expect(entries).toHaveLength(Object.keys(expected).length);
      for (const [code, probability] of entries) {
        expect(Math.abs(probability - expected[code])).toBeLessThan(1e-4);
      }
    }
    const given = await recogniser.transcribe(jfk, { ...brief, language: "en" });
    expect(given.languageProbabilities).toBeUndefined();
  });

  it("takes a translation for what it was asked for, on a long recording too", async () => {
    const { recogniser } = await setUp(referencePath("models/multi-d32-f16"));
    const long = referenceAudio("long").subarray(0, 31 * 16000);
    const options = { language: "he", task: "translate", maxTokens: 4 } as const;
    const { language, segments } = await recogniser.transcribe(long, options);
    expect(language).toBe("he");
    const [first] = (await recogniser.transcribe(long, { ...options, task: "transcribe" }))
      .segments;
    expect(segments[0]!.tokens).not.toEqual(first!.tokens);
  });
});
