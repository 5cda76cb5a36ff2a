import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LiveSource, openLiveSource } from "../../src/audio/live-source.ts";
import { resample } from "../../src/audio/resample.ts";
import { AudioError, OptionError } from "../../src/errors.ts";
import { concatenate, whiteNoise } from "../vad/speech-signals.ts";
import { type FakeStream, fakeDevice, settled } from "./fake-device.ts";

async function collect(blocks: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for await (const block of blocks) parts.push(block);
  return concatenate(...parts);
}

/** An async iterable that tells whether it was closed. */
function blocksOf(...blocks: readonly unknown[]) {
  const source = {
    closed: 0,
    pulled: 0,
    async *[Symbol.asyncIterator]() {
      try {
        for (const block of blocks) {
          source.pulled++;
          yield block as Float32Array;
        }
      } finally {
        source.closed++;
      }
    },
  };
  return source;
}

describe("blocks of samples", () => {
  const samples = whiteNoise(5000, 0.1, 1);
  const parts = [samples.subarray(0, 1), samples.subarray(1, 2500), samples.subarray(2500)];

  it("of an async iterable pass as they are", async () => {
    const source = blocksOf(...parts, new Float32Array(0));
    expect(await collect(openLiveSource(source, 8000))).toEqual(samples);
    expect(source.closed).toBe(1);
  });

  it("of a ReadableStream pass as they are", async () => {
    const stream = new ReadableStream<Float32Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    expect(await collect(openLiveSource(stream, 8000))).toEqual(samples);
  });

  it("at another rate are converted", async () => {
    const found = await collect(openLiveSource(blocksOf(...parts), 16000, { sampleRate: 8000 }));
    expect(found).toEqual(resample(samples, 8000, 16000));
  });

  it("are pulled one at a time, and the source is closed when nobody pulls", async () => {
    const source = blocksOf(...parts);
    for await (const block of openLiveSource(source, 8000)) {
      expect(block).toHaveLength(1);
      break;
    }
    await settled();
    expect(source.pulled).toBe(1);
    expect(source.closed).toBe(1);
  });

  it("cancel their ReadableStream when nobody pulls", async () => {
    const cancel = vi.fn();
    const stream = new ReadableStream<Float32Array>({
      pull: (controller) => controller.enqueue(new Float32Array(10)),
      cancel,
    });
    for await (const _ of openLiveSource(stream, 8000)) break;
    await settled();
    expect(cancel).toHaveBeenCalledOnce();
  });

  it.each([
    ["no Float32Array", [[1, 2, 3]], /no Float32Array/],
    ["not a number", [Float32Array.of(0, Number.NaN)], /Sample 1 of the audio is NaN/],
  ])("that are %s are refused", async (_, blocks, message) => {
    const source = blocksOf(...blocks);
    const error = await collect(openLiveSource(source, 8000)).catch((e) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error.message).toMatch(message);
    await settled();
    expect(source.closed).toBe(1);
  });

  it("pass on how their source fails", async () => {
    const failure = new Error("unplugged");
    const stream = new ReadableStream<Float32Array>({
      pull() {
        throw failure;
      },
    });
    await expect(collect(openLiveSource(stream, 8000))).rejects.toBe(failure);
  });

  it("end with the signal, though the source never answers", async () => {
    const controller = new AbortController();
    const silent = new ReadableStream<Float32Array>({ pull: () => new Promise(() => {}) });
    const collected = collect(openLiveSource(silent, 8000, { signal: controller.signal }));
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason));
    await expect(collected).rejects.toBe(reason);
    const aborted = { signal: AbortSignal.abort(reason) };
    await expect(collect(openLiveSource(blocksOf(), 8000, aborted))).rejects.toBe(reason);
  });

  it.each([
    ["a string", "microphone"],
    ["samples", new Float32Array(10)],
  ])("are not %s", async (_, source) => {
    const opened = openLiveSource(source as unknown as LiveSource, 8000);
    await expect(collect(opened)).rejects.toThrow(OptionError);
  });

  it.each([0, -1, 8000.5, Number.NaN])("refuse a sample rate of %d Hz", async (sampleRate) => {
    const source = blocksOf(new Float32Array(10));
    await expect(collect(openLiveSource(source, 8000, { sampleRate }))).rejects.toThrow(AudioError);
    expect(source.pulled).toBe(0);
  });

  it("of a ReadableStream that somebody else reads are refused", async () => {
    const stream = new ReadableStream<Float32Array>();
    stream.getReader();
    await expect(collect(openLiveSource(stream, 8000))).rejects.toThrow(OptionError);
  });

  it("are let go at once when the signal aborts, though nobody pulls then", async () => {
    const source = blocksOf(...parts);
    const cancel = vi.fn();
    const stream = new ReadableStream<Float32Array>({
      pull: (controller) => controller.enqueue(new Float32Array(10)),
      cancel,
    });
    for (const opened of [source, stream]) {
      const controller = new AbortController();
      const blocks = openLiveSource(opened, 8000, { signal: controller.signal });
      await blocks.next();
      const reason = new Error("enough");
      controller.abort(reason);
      await settled();
      expect(opened === source ? source.closed : cancel.mock.calls.length).toBe(1);
      await expect(blocks.next()).rejects.toBe(reason);
    }
    expect([source.closed, cancel.mock.calls.length]).toEqual([1, 1]);
  });
});

describe("a MediaStream", () => {
  let device: ReturnType<typeof fakeDevice>;
  let stream: FakeStream;
  beforeEach(() => {
    device = fakeDevice();
    stream = device.stream;
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const open = (rate: number, options = {}) =>
    openLiveSource(stream as unknown as MediaStream, rate, options);
  /** Opened, and asked for its first block. */
  const listen = async (rate = device.sampleRate, options = {}) => {
    const blocks = open(rate, options);
    const first = blocks.next();
    await settled();
    return { blocks, first };
  };

  it("gives all that is said until its track ends, and leaves the track alone", async () => {
    const { blocks, first } = await listen();
    device.say(1, 0.5);
    device.say(-0.25);
    expect((await first).value).toEqual(Float32Array.of(1, 0.5));
    device.say(0.125);
    stream.video.end();
    await settled();
    device.say(0.0625);
    stream.track.end();
    expect(await collect(blocks)).toEqual(Float32Array.of(-0.25, 0.125, 0.0625));
    expect(device.closed).toBe(1);
    expect(stream.track.stop).not.toHaveBeenCalled();
  });

  it("is converted to the model's rate", async () => {
    const samples = whiteNoise(3000, 0.1, 2);
    const { blocks, first } = await listen(2 * device.sampleRate);
    for (let at = 0; at < 3000; at += 500) device.say(...samples.subarray(at, at + 500));
    stream.track.end();
    const found = concatenate((await first).value!, await collect(blocks));
    expect(found).toEqual(resample(samples, device.sampleRate, 2 * device.sampleRate));
  });

  it("ends with the signal", async () => {
    const controller = new AbortController();
    const { first } = await listen(device.sampleRate, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(device.closed).toBe(1);
  });

  it("ends when the page stops its track, of which no event tells", async () => {
    const { blocks, first } = await listen();
    device.say(1);
    await first;
    stream.track.readyState = "ended";
    expect(await collect(blocks)).toEqual(new Float32Array(0));
  });

  it("ends with the signal while the browser holds back its audio engine", async () => {
    device.isSuspended = true;
    const controller = new AbortController();
    const first = open(device.sampleRate, { signal: controller.signal }).next();
    await settled();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(device.closed).toBe(1);
  });

  it("without sound, or with a sample rate that is not its own, is refused", async () => {
    await expect(open(device.sampleRate, { sampleRate: 8000 }).next()).rejects.toThrow(OptionError);
    stream.getAudioTracks = () => [];
    await expect(open(device.sampleRate).next()).rejects.toThrow(
      /no sound: expected an audio track/,
    );
    expect(device.closed).toBe(0);
  });

  it("is refused when its sound is no number", async () => {
    const { first } = await listen();
    device.say(0, Number.NaN);
    await expect(first).rejects.toThrow(AudioError);
    expect(device.closed).toBe(1);
  });

  it("is let go when nobody pulls", async () => {
    const { blocks, first } = await listen();
    device.say(1);
    await first;
    await blocks.return();
    expect(device.closed).toBe(1);
    expect(device.port.onmessage).toBeNull();
  });

  it("is let go at once when the signal aborts, though nobody pulls then", async () => {
    const controller = new AbortController();
    const { blocks, first } = await listen(device.sampleRate, { signal: controller.signal });
    device.say(1);
    await first;
    const reason = new Error("enough");
    controller.abort(reason);
    expect(device.closed).toBe(1);
    expect(device.port.onmessage).toBeNull();
    await expect(blocks.next()).rejects.toBe(reason);
    expect(device.closed).toBe(1);
  });

  it("at a rate that cannot be converted is let go", async () => {
    device.sampleRate = 1000.5;
    await expect(open(8000).next()).rejects.toThrow(AudioError);
    expect(device.closed).toBe(1);
  });

  it("fails loudly where 300 s wait, by either cause, instead of leaving sound out", async () => {
    const { blocks, first } = await listen();
    device.say(1);
    await first;
    // Up to the bound it waits.
    const minute = new Float32Array(60 * device.sampleRate);
    for (let i = 0; i < 5; i++) device.port.onmessage!({ data: minute });
    expect((await blocks.next()).value).toEqual(minute);
    for (let i = 0; i < 2; i++) device.port.onmessage!({ data: minute });
    await expect(blocks.next()).rejects.toThrow(
      /More than 300 s .* events are not taken as they come, or this machine is too slow/,
    );
    expect(device.closed).toBe(1);
  });
});
