import { describe, expect, it } from "vitest";
import type { Hypothesise } from "../../src/captions/caption-hypothesis.ts";
import { streamCaptions } from "../../src/captions/caption-stream.ts";
import { LiveCaptions } from "../../src/captions/live-captions.ts";
import type { StreamEvent } from "../../src/results.ts";
import {
  config,
  engineFor,
  rate,
  ScriptedDetector,
  scriptText,
  soundOf,
  speak,
} from "./live-world.ts";

const words = [...speak(1, 12), ...speak(9, 6, 12)];
const length = 14;
const sound = soundOf(words, length * rate);

/** Blocks of the sound, told apart by how many were pulled and whether the source was closed. */
function sourceOf(samples: Float32Array, blockLength = 20) {
  const source = {
    pulled: 0,
    closed: 0,
    async *[Symbol.asyncIterator]() {
      try {
        for (let at = 0; at < samples.length; at += blockLength) {
          source.pulled++;
          yield samples.subarray(at, at + blockLength);
        }
      } finally {
        source.closed++;
      }
    },
  };
  return source;
}

const newCaptions = () => new LiveCaptions(config, new ScriptedDetector());
const answer = engineFor(words);
const prompt: Hypothesise = async (request) => answer(request);
const turn = () => new Promise((resolve) => setTimeout(resolve));

async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const told: StreamEvent[] = [];
  for await (const event of events) told.push(event);
  return told;
}

function finalText(told: readonly StreamEvent[]): string {
  return told.map((event) => (event.status === "final" ? event.segment.text : "")).join("");
}

describe("a stream of captions", () => {
  it.each([1, 20, 333, 5000])("tells all of a source in blocks of %d", async (blockLength) => {
    const source = sourceOf(sound, blockLength);
    const told = await collect(streamCaptions(source, newCaptions(), prompt));
    expect(finalText(told)).toBe(scriptText(words));
    expect(told.at(-1)).toEqual({
      status: "done",
      language: "en",
      duration: length,
      transcript: null,
    });
    expect(told.filter(({ status }) => status === "silence")).toHaveLength(2);
    expect(source.closed).toBe(1);
  });

  it("passes over empty blocks, and ends with an empty source", async () => {
    const source = sourceOf(new Float32Array(0));
    expect(await collect(streamCaptions(source, newCaptions(), prompt))).toMatchObject([
      { status: "done", duration: 0 },
    ]);
    async function* withGaps() {
      for await (const block of sourceOf(sound)) yield* [new Float32Array(0), block];
    }
    const told = await collect(streamCaptions(withGaps(), newCaptions(), prompt));
    expect(finalText(told)).toBe(scriptText(words));
  });

  it("measures by the clock that it is given", async () => {
    let seconds = 0;
    const slow: Hypothesise = async (request) => {
      seconds += 3;
      return answer(request);
    };
    const options = { now: () => seconds };
    const told = await collect(streamCaptions(sourceOf(sound), newCaptions(), slow, options));
    expect(told.filter(({ status }) => status === "warning")).toHaveLength(1);
    expect(finalText(told)).toBe(scriptText(words));
  });

  it("pulls while it waits for a hypothesis, but no more than two windows", async () => {
    const endless = soundOf(speak(0.5, 400), 200 * rate);
    const source = sourceOf(endless);
    let asked = 0;
    const stuck: Hypothesise = () => {
      asked++;
      return new Promise(() => {});
    };
    const events = streamCaptions(source, newCaptions(), stuck);
    void events.next();
    for (let i = 0; i < 1000; i++) await turn();
    expect(asked).toBe(1);
    expect(source.pulled).toBeGreaterThan((1.9 * config.windowSamples) / 20);
    expect(source.pulled).toBeLessThan((2.2 * config.windowSamples) / 20);
  });

  it("does nothing that nobody asks for", async () => {
    const source = sourceOf(sound);
    const events = streamCaptions(source, newCaptions(), prompt);
    await turn();
    expect(source.pulled).toBe(0);
    await events.next();
    const { pulled } = source;
    for (let i = 0; i < 20; i++) await turn();
    expect(source.pulled).toBeLessThanOrEqual(pulled + 1);
    await events.return(undefined);
    expect(source.closed).toBe(1);
  });
});

/** An engine that works until it is told to stop. */
function patientEngine() {
  const engine = {
    isWorking: false,
    stoppedBy: undefined as unknown,
    hypothesise: ((_, signal) => {
      engine.isWorking = true;
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          engine.isWorking = false;
          engine.stoppedBy = signal.reason;
          reject(signal.reason);
        });
      });
    }) as Hypothesise,
  };
  return engine;
}

describe("a stream of captions stops engine and source", () => {
  it("when its signal aborts", async () => {
    const controller = new AbortController();
    const source = sourceOf(sound);
    const engine = patientEngine();
    const events = streamCaptions(source, newCaptions(), engine.hypothesise, {
      signal: controller.signal,
    });
    const first = events.next();
    const reason = new Error("left");
    setTimeout(() => controller.abort(reason), 20);
    await expect(first).rejects.toBe(reason);
    expect(engine).toMatchObject({ isWorking: false, stoppedBy: reason });
    expect(source.closed).toBe(1);
    const { signal } = controller;
    const late = streamCaptions(sourceOf(sound), newCaptions(), prompt, { signal });
    await expect(late.next()).rejects.toBe(reason);
  });

  it("when the listener breaks out", async () => {
    const source = sourceOf(sound);
    const engine = patientEngine();
    let count = 0;
    const sometimes: Hypothesise = (request, signal) =>
      count++ === 0 ? prompt(request, signal) : engine.hypothesise(request, signal);
    for await (const event of streamCaptions(source, newCaptions(), sometimes)) {
      expect(event.status).toBe("partial");
      await turn();
      break;
    }
    expect(engine.isWorking).toBe(false);
    expect(source.closed).toBe(1);
  });

  it("when the engine fails", async () => {
    const failure = new Error("out of memory");
    const source = sourceOf(sound);
    const events = streamCaptions(source, newCaptions(), () => Promise.reject(failure));
    await expect(collect(events)).rejects.toBe(failure);
    expect(source.closed).toBe(1);
  });

  it("when the source fails, after what it gave before", async () => {
    const failure = new Error("unplugged");
    async function* broken() {
      yield sound.subarray(0, 8 * rate);
      throw failure;
    }
    const told: StreamEvent[] = [];
    const listen = async () => {
      for await (const event of streamCaptions(broken(), newCaptions(), prompt)) told.push(event);
    };
    await expect(listen()).rejects.toBe(failure);
    expect(finalText(told)).toBe(scriptText(words.slice(0, 12)));
    expect(told.at(-1)!.status).toBe("silence");
  });

  it("whose closing fails, and tells why it stopped", async () => {
    const failure = new Error("out of memory");
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: sound }),
        return: async (): Promise<never> => {
          throw new Error("already closed");
        },
      }),
    };
    const events = streamCaptions(source, newCaptions(), () => Promise.reject(failure));
    await expect(collect(events)).rejects.toBe(failure);
  });

  it("even where the source never answers", async () => {
    async function* silent() {
      yield sound.subarray(0, 3 * rate);
      await new Promise(() => {});
    }
    for await (const { status } of streamCaptions(silent(), newCaptions(), prompt)) {
      expect(status).toBe("partial");
      break;
    }
  });
});
