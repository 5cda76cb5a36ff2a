import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import type { StreamEvent, TranscribeProgress } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { streamRecording } from "../../src/transcription/stream-recording.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";

const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const sample = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
const rate = 8000;
const number = "4072916";

async function setUp() {
  const kernels = await instantiateNodeKernels();
  const recogniser = await loadRecogniser(kernels, openModelFolder(digits));
  const spoken = await readAudioFile(sample, rate);
  /** 40 s; the number is said at 10 s and at 25 s. */
  const samples = new Float32Array(40 * rate);
  for (const second of [10, 25]) samples.set(spoken, second * rate);
  return { kernels, recogniser, samples };
}

/** Takes every event. */
async function collect(stream: AsyncIterable<readonly StreamEvent[]>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const items of stream) events.push(...items);
  return events;
}

function ofKind<Status extends StreamEvent["status"]>(
  events: readonly StreamEvent[],
  status: Status,
) {
  return events.filter((event): event is Extract<StreamEvent, { status: Status }> => {
    return event.status === status;
  });
}

describe("a recording as a stream", () => {
  it("gives the transcript's segments, silence between, and the transcript", async () => {
    const { recogniser, samples } = await setUp();
    const events = await collect(streamRecording(recogniser, samples, {}));
    const kinds = events.map(({ status }) => status).filter((status) => status !== "partial");
    expect(kinds).toEqual(["silence", "final", "silence", "final", "silence", "done"]);

    const [done] = ofKind(events, "done");
    const transcript = done!.transcript!;
    expect(done).toMatchObject({ language: null, duration: 40 });
    expect(transcript.text).toBe(number + number);
    expect(ofKind(events, "final").map(({ segment }) => segment)).toEqual(transcript.segments);

    const silences = ofKind(events, "silence");
    const [first, second] = transcript.segments;
    expect(silences.map(({ start }) => start)).toEqual([0, first!.end, second!.end]);
    expect(silences.map(({ end }) => end)).toEqual([first!.start, second!.start, 40]);
  });

  it("gives partial text that grows until it is final", async () => {
    const { recogniser, samples } = await setUp();
    const events = await collect(streamRecording(recogniser, samples, {}));
    const firstFinal = events.findIndex(({ status }) => status === "final");
    const before = ofKind(events.slice(0, firstFinal), "partial").map(({ text }) => text);
    const after = ofKind(events.slice(firstFinal), "partial").map(({ text }) => text);
    for (const texts of [before, after]) {
      expect(texts.length).toBeGreaterThan(1);
      expect(texts).toEqual(texts.toSorted((a, b) => a.length - b.length));
      // Of the window at work alone.
      for (const text of texts) expect(number.startsWith(text)).toBe(true);
    }
    const start = ofKind(events.slice(firstFinal), "partial")[0]!.start;
    expect(start).toBe(ofKind(events, "final")[0]!.segment.end);
  });

  it("is silence alone where nobody speaks", async () => {
    const { recogniser } = await setUp();
    const events = await collect(streamRecording(recogniser, new Float32Array(20 * rate), {}));
    const silences = ofKind(events, "silence");
    expect([silences[0]!.start, silences.at(-1)!.end]).toEqual([0, 20]);
    for (const [i, { start }] of silences.entries()) {
      if (i > 0) expect(start).toBe(silences[i - 1]!.end);
    }
    expect(ofKind(events, "final")).toEqual([]);
  });

  it("does no more than the window at work while nobody asks", async () => {
    const { recogniser, samples } = await setUp();
    const progress: TranscribeProgress[] = [];
    const stream = streamRecording(
      recogniser,
      samples,
      {},
      { onProgress: (p) => progress.push(p) },
    );
    await quiet(progress);
    expect(progress).toEqual([]);
    await stream.next();
    await quiet(progress);
    expect(progress.at(-1)!.text).toBe(number);
    expect(progress.at(-1)!.doneSeconds).toBeLessThan(25);
    await stream.return(undefined);
  });

  it("stops within a step when its consumer breaks out, and leaves nothing behind", async () => {
    const { kernels, recogniser, samples } = await setUp();
    const before = kernels.heap.usedBytes;
    const progress: TranscribeProgress[] = [];
    const stream = streamRecording(
      recogniser,
      samples,
      {},
      { onProgress: (p) => progress.push(p) },
    );
    let text = "";
    for await (const [event] of stream) {
      if (event?.status !== "partial") continue;
      text = event.text;
      break;
    }
    const count = progress.length;
    expect(number.startsWith(text)).toBe(true);
    expect(text).not.toBe(number);
    expect(kernels.heap.usedBytes).toBe(before);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(progress).toHaveLength(count);
    expect((await recogniser.transcribe(samples)).text).toBe(number + number);
  });

  it("rejects with the reason of an abort; what was finished has been told", async () => {
    const { kernels, recogniser, samples } = await setUp();
    const before = kernels.heap.usedBytes;
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const told: StreamEvent[] = [];
    const onProgress = ({ text }: TranscribeProgress) => {
      // In the second number, when the first has long been recognised.
      if (text.length > number.length + 2) controller.abort(reason);
    };
    const stream = streamRecording(
      recogniser,
      samples,
      {},
      { signal: controller.signal, onProgress },
    );
    const outcome = await (async () => {
      for await (const items of stream) told.push(...items);
    })().catch((error: unknown) => error);
    expect(outcome).toBe(reason);
    expect(ofKind(told, "final").map(({ segment }) => segment.text)).toEqual([number]);
    expect(kernels.heap.usedBytes).toBe(before);
  });

  it("refuses options of live sources, and what no model has", async () => {
    const { recogniser, samples } = await setUp();
    await expect(streamRecording(recogniser, samples, { interval: 1 }).next()).rejects.toThrow(
      "interval: this is for live sources",
    );
    const unknown = { beams: 5 } as object;
    await expect(streamRecording(recogniser, samples, unknown).next()).rejects.toThrow(OptionError);
  });
});

/** Waits until no more progress comes. */
async function quiet(progress: readonly unknown[]): Promise<void> {
  for (let count = -1; count !== progress.length; ) {
    count = progress.length;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
