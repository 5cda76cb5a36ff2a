import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordMicrophone } from "../../src/audio/microphone.ts";
import { AudioError, OptionError } from "../../src/errors.ts";

const sampleRate = 1000;

class FakeTrack extends EventTarget {
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

class FakeAudioBuffer {
  readonly samples: Float32Array;
  readonly sampleRate: number;
  constructor(options: { length: number; sampleRate: number }) {
    this.samples = new Float32Array(options.length);
    this.sampleRate = options.sampleRate;
  }
  getChannelData(): Float32Array {
    return this.samples;
  }
}

/** A device whose worklet sends what `say` is told and answers "end" with null. */
function fakeDevice() {
  const device = {
    track: new FakeTrack(),
    closed: 0,
    moduleFails: false,
    port: {
      onmessage: null as ((event: { data: Float32Array | null }) => void) | null,
      postMessage(_end: string) {
        queueMicrotask(() => this.onmessage?.({ data: null }));
      },
    },
    say(...samples: number[]) {
      device.port.onmessage?.({ data: new Float32Array(samples) });
    },
  };
  vi.stubGlobal("navigator", {
    mediaDevices: { getUserMedia: async () => ({ getTracks: () => [device.track] }) },
  });
  vi.stubGlobal(
    "AudioContext",
    class {
      readonly sampleRate = sampleRate;
      readonly audioWorklet = {
        addModule: async () => {
          if (device.moduleFails) throw new DOMException("blocked", "AbortError");
        },
      };
      createMediaStreamSource = () => ({ connect: () => {} });
      async resume() {}
      async close() {
        device.closed++;
      }
    },
  );
  vi.stubGlobal(
    "AudioWorkletNode",
    class {
      readonly port = device.port;
    },
  );
  vi.stubGlobal("AudioBuffer", FakeAudioBuffer);
  return device;
}

let device: ReturnType<typeof fakeDevice>;
beforeEach(() => {
  device = fakeDevice();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function samplesOf(audio: AudioBuffer): number[] {
  expect(audio.sampleRate).toBe(sampleRate);
  return [...audio.getChannelData(0)];
}

function expectReleased(): void {
  expect(device.track.stopped).toBe(true);
  expect(device.closed).toBe(1);
}

describe("a recording", () => {
  test("gives all that was said until stop, and releases the microphone", async () => {
    const recording = await recordMicrophone();
    device.say(1, 0.5);
    device.say(-0.25);
    expect(device.track.stopped).toBe(false);
    const { audio, endedBy } = await recording.stop();
    expect(samplesOf(audio)).toEqual([1, 0.5, -0.25]);
    expect(endedBy).toBe("stop");
    expectReleased();
    expect(await recording.stop()).toEqual(await recording.finished);
  });

  test("ends by itself at its longest, says so, and keeps no more", async () => {
    const recording = await recordMicrophone({ maxDuration: 0.004 });
    device.say(1, 2, 3);
    device.say(4, 5, 6);
    device.say(7);
    const { audio, endedBy } = await recording.finished;
    expect(samplesOf(audio)).toEqual([1, 2, 3, 4]);
    expect(endedBy).toBe("limit");
    expectReleased();
    expect((await recording.stop()).endedBy).toBe("limit");
  });

  test("ends when the device goes away", async () => {
    const recording = await recordMicrophone();
    device.say(1);
    device.track.dispatchEvent(new Event("ended"));
    expect((await recording.finished).endedBy).toBe("device");
    expectReleased();
  });

  test("tells the level of each block", async () => {
    const levels: number[] = [];
    const recording = await recordMicrophone({ onLevel: (level) => levels.push(level) });
    device.say(1, -1);
    device.say(0.5, 0.5, -0.5, -0.5);
    device.say(0);
    await recording.stop();
    expect(levels).toEqual([1, 0.5, 0]);
  });

  test("of nothing is refused", async () => {
    const recording = await recordMicrophone();
    await expect(recording.stop()).rejects.toThrow(/Nothing was recorded/);
    expectReleased();
  });
});

describe("abort", () => {
  const reason = new Error("left the page");

  test("while recording: rejects with the reason, discards, releases", async () => {
    const controller = new AbortController();
    const recording = await recordMicrophone({ signal: controller.signal });
    device.say(1);
    controller.abort(reason);
    await expect(recording.finished).rejects.toBe(reason);
    await expect(recording.stop()).rejects.toBe(reason);
    expectReleased();
  });

  test("before: the microphone is never asked for", async () => {
    vi.stubGlobal("navigator", {});
    await expect(recordMicrophone({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("while it is being opened: releases what was opened", async () => {
    const controller = new AbortController();
    const opening = recordMicrophone({ signal: controller.signal });
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(device.track.stopped).toBe(true);
  });
});

describe("refusals", () => {
  test("a page without HTTPS", async () => {
    vi.stubGlobal("navigator", {});
    await expect(recordMicrophone()).rejects.toThrow(AudioError);
    await expect(recordMicrophone()).rejects.toThrow(/HTTPS or on localhost/);
  });

  test.each([
    ["NotAllowedError", /Permission .* refused/],
    ["NotFoundError", /No microphone was found/],
    ["NotReadableError", /in use by another program/],
    ["OverconstrainedError", /could not be opened \(OverconstrainedError\)/],
  ])("%s", async (name, message) => {
    const getUserMedia = async () => {
      throw new DOMException("no", name);
    };
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    const error = await recordMicrophone().catch((e) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error.message).toMatch(message);
    expect(error.details).toEqual({ reason: name });
  });

  test("a worklet that does not load releases the microphone", async () => {
    device.moduleFails = true;
    await expect(recordMicrophone()).rejects.toThrow(/audio engine/);
    expectReleased();
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "maxDuration %d",
    async (maxDuration) => {
      await expect(recordMicrophone({ maxDuration })).rejects.toThrow(OptionError);
    },
  );
});
