import { vi } from "vitest";

export class FakeTrack extends EventTarget {
  readyState = "live";
  /** As in browsers, no event tells of it. */
  readonly stop = vi.fn(() => {
    this.readyState = "ended";
  });
  /** The device is gone. */
  end() {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

export class FakeStream {
  readonly track = new FakeTrack();
  readonly video = new FakeTrack();
  getAudioTracks() {
    return [this.track];
  }
  getTracks() {
    return [this.track, this.video];
  }
}

/** A device whose worklet sends what `say` is told and answers "end" with null; until unstubbed. */
export function fakeDevice() {
  const device = {
    sampleRate: 1000,
    stream: new FakeStream(),
    /** How often its AudioContext was closed. */
    closed: 0,
    /** Whether the audio engine waits for a gesture that never comes. */
    isSuspended: false,
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
  class FakeContext {
    readonly sampleRate = device.sampleRate;
    readonly audioWorklet = {
      addModule: async () => {
        if (device.moduleFails) throw new DOMException("blocked", "AbortError");
      },
    };
    createMediaStreamSource = () => ({ connect: () => {} });
    async resume() {
      if (device.isSuspended) await new Promise(() => {});
    }
    async close() {
      device.closed++;
    }
  }
  class FakeNode {
    readonly port = device.port;
  }
  vi.stubGlobal("MediaStream", FakeStream);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: async () => device.stream } });
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("AudioWorkletNode", FakeNode);
  return device;
}

export const settled = () => new Promise((resolve) => setTimeout(resolve));
