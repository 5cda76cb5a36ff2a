import { beforeAll, expect, test, vi } from "vitest";
import { randomF32 } from "../fixtures/random.ts";

interface Processor {
  readonly port: FakePort;
  process(inputs: Float32Array[][]): boolean;
}

class FakePort {
  readonly sent: (Float32Array | null)[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;

  postMessage(message: Float32Array | null, transfer: ArrayBuffer[] = []): void {
    this.sent.push(structuredClone(message, { transfer }));
  }
}

const registered = new Map<string, new () => Processor>();

beforeAll(async () => {
  vi.stubGlobal(
    "AudioWorkletProcessor",
    class {
      readonly port = new FakePort();
    },
  );
  vi.stubGlobal("registerProcessor", (name: string, processor: new () => Processor) => {
    registered.set(name, processor);
  });
  // By a name that the compiler does not follow: the worklet is plain JavaScript.
  const worklet = "../../src/audio/capture-worklet.js";
  await import(worklet);
  vi.unstubAllGlobals();
});

function createProcessor(): Processor {
  return new (registered.get("fwhisper-capture")!)();
}

function joined(messages: readonly (Float32Array | null)[]): number[] {
  return messages.flatMap((message) => [...(message ?? [])]);
}

test("every sample arrives once, in order, in blocks of 2048", () => {
  const processor = createProcessor();
  const samples = randomF32(128 * 40, 1);
  for (let i = 0; i < samples.length; i += 128) {
    expect(processor.process([[samples.subarray(i, i + 128)]])).toBe(true);
  }
  expect(processor.port.sent.map((message) => message?.length)).toEqual([2048, 2048]);
  processor.port.onmessage!({ data: "end" });
  expect(processor.port.sent.map((message) => message?.length)).toEqual([
    2048,
    2048,
    1024,
    undefined,
  ]);
  expect(joined(processor.port.sent)).toEqual([...samples]);
});

test("a render quantum of another size than 128 may cross a block's end", () => {
  const processor = createProcessor();
  const samples = randomF32(3000, 2);
  for (let i = 0; i < samples.length; i += 300) {
    processor.process([[samples.subarray(i, i + 300)]]);
  }
  processor.port.onmessage!({ data: "end" });
  expect(joined(processor.port.sent)).toEqual([...samples]);
});

test("channels are averaged", () => {
  const processor = createProcessor();
  processor.process([[new Float32Array([1, 0.5]), new Float32Array([0, -1])]]);
  processor.port.onmessage!({ data: "end" });
  expect(joined(processor.port.sent)).toEqual([0.5, -0.25]);
});

test("without a source it waits; after the end it takes nothing and lets itself be collected", () => {
  const processor = createProcessor();
  expect(processor.process([[]])).toBe(true);
  expect(processor.process([])).toBe(true);
  processor.port.onmessage!({ data: "end" });
  expect(processor.process([[new Float32Array(128)]])).toBe(false);
  expect(processor.port.sent).toEqual([null]);
});
