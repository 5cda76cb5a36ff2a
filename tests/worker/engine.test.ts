import { beforeEach, describe, expect, it, vi } from "vitest";
import { AudioError, EngineError } from "../../src/errors.ts";
import type { Engine } from "../../src/wire/protocol.ts";

// What the engine wires together, in place of which stands what fails on demand.
const fake = vi.hoisted(() => ({
  expose: vi.fn(),
  dispose: vi.fn(),
  transcribe: vi.fn(),
  stream: vi.fn(),
  load: vi.fn(),
}));
vi.mock("comlink", async (original) => ({ ...(await original()), expose: fake.expose }));
vi.mock("../../src/kernels/kernels.ts", () => ({
  instantiateKernels: async () => ({ dispose: fake.dispose }),
}));
vi.mock("../../worker/kernel-host.ts", () => ({ workerHost: {} }));
vi.mock("../../src/storage/model-files.ts", () => ({
  openModelFiles: () => ({ markComplete: async () => {} }),
}));
vi.mock("../../src/transcription/recogniser.ts", () => ({ loadRecogniser: fake.load }));
vi.mock("../../src/transcription/stream-recording.ts", () => ({ streamRecording: fake.stream }));
vi.mock("../../src/captions/stream-live.ts", () => ({ streamLive: fake.stream }));

const { releaseProxy } = await import("comlink");
await import("../../worker/engine.worker.ts");
const [exposed] = fake.expose.mock.calls[0]! as [Engine];
/** A module of its own in the browser; here its class is made anew for each test. */
const Exposed = exposed.constructor as new () => Engine;

/** \0asm, version 1; a function without parameters and results, exported as "f": unreachable. */
const trapping = new WebAssembly.Module(
  Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
    ...[7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11],
  ]),
);
const trap = () => (new WebAssembly.Instance(trapping).exports.f as () => void)();
const newSignal = () => new AbortController().signal;

function setUp() {
  const engine = new Exposed();
  const onProgress = () => Object.assign(async () => {}, { [releaseProxy]() {} });
  const samples = new Float32Array(1);
  const silent: AsyncIterable<Float32Array> = (async function* () {})();
  const stream = (source: Float32Array | AsyncIterable<Float32Array>) =>
    engine.stream(source, {}, newSignal(), onProgress()).next();
  return {
    load: () => engine.load({ model: "embedded" }, newSignal(), onProgress()),
    calls: {
      transcribe: () => engine.transcribe(samples, {}, newSignal(), onProgress()),
      "stream of a recording": () => stream(samples),
      "stream of a live source": () => stream(silent),
    },
  };
}

function workWell() {
  vi.clearAllMocks();
  fake.load.mockImplementation(async () => ({ facts: {}, transcribe: fake.transcribe }));
  fake.transcribe.mockImplementation(async () => "a transcript");
  fake.stream.mockImplementation(async function* () {
    yield ["an event"];
  });
}
beforeEach(workWell);

const kinds = Object.keys(setUp().calls) as (keyof ReturnType<typeof setUp>["calls"])[];

describe.each(kinds)("%s", (kind) => {
  const failsBy = (fail: () => void) => {
    fake.transcribe.mockImplementation(async () => fail());
    // biome-ignore lint/correctness/useYield: it comes to no event.
    fake.stream.mockImplementation(async function* () {
      fail();
    });
  };

  it("is refused before a model is loaded", async () => {
    await expect(setUp().calls[kind]()).rejects.toThrow(new EngineError("No model is loaded."));
  });

  it("rejects with EngineError when the kernels trap; so do all later calls, until a load", async () => {
    const { load, calls } = setUp();
    await load();
    failsBy(trap);
    const error = await calls[kind]().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(EngineError);
    const message = "The kernels failed (unreachable). Load the model again.";
    expect((error as EngineError).message).toBe(message);
    expect(fake.dispose).toHaveBeenCalledOnce();

    workWell();
    for (const call of Object.values(calls)) await expect(call()).rejects.toThrow(message);
    expect(fake.transcribe).not.toHaveBeenCalled();
    expect(fake.stream).not.toHaveBeenCalled();
    await load();
    await calls[kind]();
  });

  it("goes on after any other error", async () => {
    const { load, calls } = setUp();
    await load();
    const failure = new AudioError("No sound.");
    failsBy(() => {
      throw failure;
    });
    await expect(calls[kind]()).rejects.toBe(failure);
    expect(fake.dispose).not.toHaveBeenCalled();
    workWell();
    await calls[kind]();
  });
});

it("a load in which the kernels trap lets go of both models", async () => {
  const { load, calls } = setUp();
  await load();
  fake.load.mockImplementationOnce(async () => trap());
  await expect(load()).rejects.toThrow(EngineError);
  expect(fake.dispose).toHaveBeenCalledTimes(2);
  await expect(calls.transcribe()).rejects.toThrow(EngineError);
});
