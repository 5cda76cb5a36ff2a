import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createHypothesise } from "../../src/captions/recognise-caption.ts";
import { streamLive } from "../../src/captions/stream-live.ts";
import { OptionError } from "../../src/errors.ts";
import type { StreamEvent } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const rate = 8000;
const number = "4072916";
const { signal } = new AbortController();
const noTime = () => ({ features: 0, encode: 0, decode: 0 });

async function setUp() {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModelFolder(digits));
  const spoken = await readAudioFile(sample, rate);
  return { kernels, loaded: recogniser.loaded, recogniser, spoken };
}

/** Silence with the number at these times, in blocks as of a microphone, ten times as fast as one. */
function speaker(spoken: Float32Array, times: readonly number[], duration: number) {
  const samples = new Float32Array(duration * rate);
  for (const time of times) samples.set(spoken, time * rate);
  const state = { given: 0, isReleased: false };
  async function* blocks() {
    try {
      for (; state.given < samples.length; state.given += 400) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield samples.slice(state.given, state.given + 400);
      }
    } finally {
      state.isReleased = true;
    }
  }
  return { state, blocks: blocks() };
}

const finals = (events: readonly StreamEvent[]) =>
  events.flatMap((event) => (event.status === "final" ? [event.segment] : []));

describe("a hypothesis", () => {
  it("is the words of a few seconds, with their times", async () => {
    const { kernels, loaded, spoken } = await setUp();
    const before = kernels.heap.usedBytes;
    const seconds = noTime();
    const hypothesise = createHypothesise(loaded, {}, seconds);
    const { words, language, quality } = await hypothesise({ samples: spoken, prompt: "" }, signal);
    expect(words.map(({ word }) => word).join("")).toBe(number);
    expect(language).toBeNull();
    expect(Math.min(...Object.values(seconds))).toBeGreaterThan(0);
    expect(quality.noSpeechProb).toBeLessThan(0.5);
    expect(kernels.heap.usedBytes).toBe(before);
    for (const [i, { start, end, probability }] of words.entries()) {
      expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : words[i - 1]!.start);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(spoken.length / rate);
      expect(probability).toBeGreaterThan(0.5);
    }
    // Seven digits in four and a half seconds.
    expect(words[6]!.start - words[0]!.start).toBeGreaterThan(3);
  });

  it("of silence has no words", async () => {
    const { loaded } = await setUp();
    const samples = new Float32Array(2 * rate);
    const { words } = await createHypothesise(
      loaded,
      {},
      noTime(),
    )({ samples, prompt: "" }, signal);
    expect(words).toEqual([]);
  });

  it("stops with its signal", async () => {
    const { kernels, loaded, spoken } = await setUp();
    const before = kernels.heap.usedBytes;
    const controller = new AbortController();
    const heard = createHypothesise(
      loaded,
      {},
      noTime(),
    )({ samples: spoken, prompt: "" }, controller.signal);
    controller.abort("enough");
    await expect(heard).rejects.toBe("enough");
    expect(kernels.heap.usedBytes).toBe(before);
  });
});

describe("a live source as a stream", () => {
  it("gives the text of what is said, with its times, and silence", async () => {
    const { recogniser, spoken } = await setUp();
    const { state, blocks } = speaker(spoken, [2, 12], 20);
    const events: StreamEvent[] = [];
    for await (const event of streamLive(recogniser, blocks, {}, signal)) events.push(event);
    const segments = finals(events);
    expect(segments.map(({ text }) => text).join("")).toBe(number + number);
    expect(segments[0]!.start).toBeGreaterThan(1.5);
    expect(segments[0]!.start).toBeLessThan(3);
    expect(segments.at(-1)!.end).toBeLessThan(17.5);
    expect(events.some(({ status }) => status === "silence")).toBe(true);
    const done = events.at(-1)!;
    expect(done).toMatchObject({ status: "done", language: null, duration: 20, transcript: null });
    if (done.status === "done") expect(done.timing!.realTimeFactor).toBeGreaterThan(0);
    expect(state.isReleased).toBe(true);
  });

  it.each([0.7, 3])("that is faster than speech, with pauses of %d s", async (pause) => {
    const { recogniser, spoken } = await setUp();
    async function* blocks() {
      for (let i = 0; i < 4; i++) yield* [new Float32Array(pause * rate), spoken];
    }
    const events: StreamEvent[] = [];
    for await (const event of streamLive(recogniser, blocks(), {}, signal)) events.push(event);
    const texts = finals(events).map(({ text }) => text);
    expect(texts.join("")).toBe(number.repeat(4));
    const silences = events.filter(({ status }) => status === "silence");
    expect(silences).toHaveLength(4 - 1);
  });

  it("lets go of source and memory when its consumer breaks out", async () => {
    const { kernels, recogniser, spoken } = await setUp();
    const before = kernels.heap.usedBytes;
    const { state, blocks } = speaker(spoken, [1, 7, 13, 19], 600);
    for await (const { status } of streamLive(recogniser, blocks, {}, signal)) {
      if (status === "final") break;
    }
    // When its block has come.
    await expect.poll(() => state.isReleased).toBe(true);
    expect(kernels.heap.usedBytes).toBe(before);
    expect((await recogniser.transcribe(spoken)).text).toBe(number);
  });

  it("rejects with the reason of an abort and lets go of all", async () => {
    const { kernels, recogniser, spoken } = await setUp();
    const before = kernels.heap.usedBytes;
    const controller = new AbortController();
    const { state, blocks } = speaker(spoken, [1, 7, 13, 19], 600);
    const outcome = await (async () => {
      for await (const { status } of streamLive(recogniser, blocks, {}, controller.signal)) {
        if (status === "final") controller.abort("enough");
      }
    })().catch((error: unknown) => error);
    expect(outcome).toBe("enough");
    // When its block has come.
    await expect.poll(() => state.isReleased).toBe(true);
    expect(kernels.heap.usedBytes).toBe(before);
  });

  it.each([
    { clipTimestamps: [1, 2] },
    { batchSize: 4 },
    { hallucinationSilenceThreshold: 2 },
    { beams: 5 },
    { timestamps: "segment" },
    { interval: -1 },
    { voiceActivity: { padding: 5 } },
  ])("refuses %o before it asks the source for anything", async (options) => {
    const { recogniser, spoken } = await setUp();
    const { state, blocks } = speaker(spoken, [1], 10);
    const stream = streamLive(recogniser, blocks, options as object, signal);
    await expect(stream.next()).rejects.toThrow(OptionError);
    expect(state.given).toBe(0);
  });
});
