import { type Endpoint, expose, type ProxyMethods, releaseProxy } from "comlink";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError, OptionError } from "../../src/errors.ts";
import type { TranscribeProgress } from "../../src/results.ts";
import { openTranscriber } from "../../src/transcriber.ts";
import type { Engine } from "../../src/wire/protocol.ts";
import { model, transcript } from "../widget/examples.ts";

type PageCallback = ((event: TranscribeProgress) => Promise<void>) & ProxyMethods;

const progress = {
  status: "decode",
  fraction: 1,
  text: "123",
  doneSeconds: 1,
  totalSeconds: 1,
} as const;

/** What the worker has noticed. */
const seen = { rejections: 0 };

/** Tells progress twice in each call; takes one block of a live source for each event. */
const engine: Engine = {
  async load(_request, _signal, onProgress) {
    (onProgress as unknown as ProxyMethods)[releaseProxy]();
    return model;
  },
  async transcribe(_samples, _options, _signal, onProgress) {
    await tell(onProgress);
    return transcript;
  },
  async *stream(source, _options, _signal, onProgress) {
    await tell(onProgress);
    if (source instanceof Float32Array) yield [done];
    else for await (const _ of source) yield [{ status: "partial", text: "1", start: 0 }];
    return undefined;
  },
};

const done = { status: "done", language: null, duration: 1, transcript } as const;

async function tell(onProgress: (event: TranscribeProgress) => void) {
  const callback = onProgress as PageCallback;
  for (let i = 0; i < 2; i++) await callback(progress).catch(() => seen.rejections++);
  callback[releaseProxy]();
}

/** Ports that are open. */
let ports: Set<MessagePort>;

beforeEach(() => {
  ports = new Set();
  seen.rejections = 0;
  const { MessageChannel: Channel } = globalThis;
  vi.stubGlobal("location", new URL("http://localhost/"));
  vi.stubGlobal(
    "Worker",
    class {
      readonly #channel = new Channel();
      constructor() {
        expose(engine, this.#channel.port2 as unknown as Endpoint);
        this.#channel.port1.start();
      }
      postMessage(message: unknown, transferred: Transferable[]) {
        this.#channel.port1.postMessage(message, transferred);
      }
      addEventListener(type: string, listener: (event: Event) => void) {
        this.#channel.port1.addEventListener(type, listener);
      }
      removeEventListener(type: string, listener: (event: Event) => void) {
        this.#channel.port1.removeEventListener(type, listener);
      }
      terminate() {
        this.#channel.port1.close();
      }
    },
  );
  vi.stubGlobal(
    "MessageChannel",
    class {
      constructor() {
        const channel = new Channel();
        for (const port of [channel.port1, channel.port2]) {
          ports.add(port);
          (port as unknown as EventTarget).addEventListener("close", () => ports.delete(port));
        }
        // biome-ignore lint/correctness/noConstructorReturn: the real one, which is watched.
        return channel;
      }
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const samples = new Float32Array(10);

async function drain(events: AsyncIterable<unknown>) {
  for await (const _ of events);
}

/** Speaks for ever, and tells whether it was let go. */
function speaker() {
  const state = { isReleased: false };
  async function* blocks() {
    try {
      while (true) yield samples;
    } finally {
      state.isReleased = true;
    }
  }
  return { state, blocks: blocks() };
}

describe("onProgress that throws", () => {
  it("breaks neither a call nor a stream: the page is told of its errors", async () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const transcriber = await openTranscriber("o/m");
    const error = new Error("not the library's");
    const onProgress = () => {
      throw error;
    };
    expect(await transcriber.transcribe(samples, { onProgress })).toEqual(transcript);
    await drain(transcriber.stream(samples, { onProgress }));
    expect(reported.mock.calls).toEqual([[error], [error], [error], [error]]);
    expect(seen.rejections).toBe(0);
    transcriber.dispose();
  });
});

describe("an option that cannot be sent", () => {
  const options = { language: (() => "en") as unknown as string };
  const refused = new OptionError(
    'An option is nothing that can be sent to a worker: () => "en" could not be cloned.',
  );

  it("is refused, and leaves no port open", async () => {
    const transcriber = await openTranscriber("o/m");
    const { state, blocks } = speaker();
    await expect(transcriber.transcribe(samples, options)).rejects.toThrow(refused);
    await expect(drain(transcriber.stream(samples, options))).rejects.toThrow(refused);
    await expect(drain(transcriber.stream(blocks, options))).rejects.toThrow(refused);
    await expect.poll(() => ports.size).toBe(0);
    // It was not begun either.
    expect(state.isReleased).toBe(false);
    transcriber.dispose();
  });

  it("is refused by a load", async () => {
    const weights = options.language as "int8";
    await expect(openTranscriber("o/m", { weights })).rejects.toThrow(refused);
    expect(ports.size).toBe(0);
  });
});

describe("dispose", () => {
  it("lets go of a live source at once, though nobody asks for the next event", async () => {
    const transcriber = await openTranscriber("o/m");
    const { state, blocks } = speaker();
    const events = transcriber.stream(blocks);
    await events.next();
    expect(state.isReleased).toBe(false);
    transcriber.dispose();
    await expect.poll(() => state.isReleased).toBe(true);
    await expect(events.next()).rejects.toThrow(EngineError);
  });

  it("rejects what is under way and what comes later", async () => {
    const transcriber = await openTranscriber("o/m");
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const disposed = new EngineError("The transcriber was disposed. Create a new one.");
    const waiting = transcriber.stream(silent).next();
    const call = transcriber.transcribe(samples, { onProgress: () => transcriber.dispose() });
    await expect(call).rejects.toThrow(disposed);
    await expect(waiting).rejects.toThrow(disposed);
    await expect(transcriber.transcribe(samples)).rejects.toThrow(disposed);
    await expect(drain(transcriber.stream(samples))).rejects.toThrow(disposed);
  });
});

it("what a call leaves open is closed after it, however it ends", async () => {
  const transcriber = await openTranscriber("o/m");
  await transcriber.transcribe(samples);
  await drain(transcriber.stream(samples));
  for await (const _ of transcriber.stream(speaker().blocks)) break;
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const aborted = transcriber.stream(speaker().blocks, { signal: controller.signal });
  await aborted.next();
  controller.abort(reason);
  await expect(drain(aborted)).rejects.toBe(reason);
  await expect.poll(() => ports.size).toBe(0);
  transcriber.dispose();
});
