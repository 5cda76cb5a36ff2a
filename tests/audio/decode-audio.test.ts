import { afterEach, describe, expect, test, vi } from "vitest";
import { decodeAudio } from "../../src/audio/decode-audio.ts";
import { resample } from "../../src/audio/resample.ts";
import { AudioError, DownloadError } from "../../src/errors.ts";
import { randomF32 } from "../fixtures/random.ts";
import { number, pcm16Wav, wavBytes } from "./wav-bytes.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As much of the platform's AudioBuffer as is used. */
class FakeAudioBuffer {
  readonly #channels: Float32Array[];
  readonly sampleRate: number;

  constructor(channels: Float32Array[], sampleRate: number) {
    this.#channels = channels;
    this.sampleRate = sampleRate;
  }

  get numberOfChannels(): number {
    return this.#channels.length;
  }

  getChannelData(channel: number): Float32Array {
    return this.#channels[channel]!;
  }
}

/** A platform whose decoder takes "tone" for two channels, and nothing else. */
function stubPlatform(channels: Float32Array[]) {
  vi.stubGlobal("AudioBuffer", FakeAudioBuffer);
  vi.stubGlobal(
    "OfflineAudioContext",
    class {
      readonly sampleRate: number;
      constructor(_channelCount: number, _length: number, sampleRate: number) {
        this.sampleRate = sampleRate;
      }
      async decodeAudioData(data: ArrayBuffer) {
        const text = Buffer.from(structuredClone(data, { transfer: [data] })).toString();
        if (text !== "tone") throw new DOMException("Unable to decode", "EncodingError");
        return new FakeAudioBuffer(channels, this.sampleRate);
      }
    },
  );
}

const codes = [0, 16384, -32768, 32767];
const samples = new Float32Array(codes.map((code) => code / 32768));
const wav = pcm16Wav(codes);
const encode = (text: string) => new TextEncoder().encode(text);

describe("sources", () => {
  test("a Float32Array is itself", async () => {
    expect(await decodeAudio(samples, 8000)).toBe(samples);
  });

  test.each([
    ["ArrayBuffer", wav.slice().buffer],
    ["Uint8Array", wav],
    ["Uint8Array within a larger buffer", new Uint8Array([0, ...wav, 0]).subarray(1, -1)],
    ["Blob", new Blob([wav.slice()])],
    ["URL", new URL(`data:audio/wav;base64,${Buffer.from(wav).toString("base64")}`)],
    ["string", `data:audio/wav;base64,${Buffer.from(wav).toString("base64")}`],
  ])("%s with a WAV file", async (_, source) => {
    expect(await decodeAudio(source, 8000)).toEqual(samples);
  });

  test("a WAV file is brought to the model's rate", async () => {
    expect(await decodeAudio(wav, 16000)).toEqual(resample(samples, 8000, 16000));
  });

  test("an AudioBuffer is averaged and resampled", async () => {
    const left = randomF32(500, 1);
    const right = randomF32(500, 2);
    stubPlatform([]);
    const source = new FakeAudioBuffer([left, right], 44100) as unknown as AudioBuffer;
    const mean = left.map((x, i) => (x + right[i]!) / 2);
    expect(await decodeAudio(source, 16000)).toEqual(resample(mean, 44100, 16000));
  });

  test("an AudioBuffer that needs no conversion is copied, since callers transfer what they get", async () => {
    const channel = randomF32(100, 3);
    stubPlatform([]);
    const source = new FakeAudioBuffer([channel], 16000) as unknown as AudioBuffer;
    const output = await decodeAudio(source, 16000);
    expect(output).toEqual(channel);
    expect(output.buffer).not.toBe(channel.buffer);
  });

  test("what is not WAV goes to the platform's decoder, and the caller keeps the bytes", async () => {
    const channel = randomF32(480, 4);
    stubPlatform([channel]);
    const bytes = encode("tone");
    expect(await decodeAudio(bytes, 16000)).toEqual(resample(channel, 48000, 16000));
    expect(bytes).toEqual(encode("tone"));
  });
});

describe("refusals", () => {
  test.each([
    ["no samples", new Float32Array(), /empty/],
    ["no bytes", new ArrayBuffer(0), /0 bytes/],
    ["an empty Blob", new Blob([]), /0 bytes/],
    ["a WAV file without samples", pcm16Wav([]), /empty/],
    ["samples with NaN", new Float32Array([0, Number.NaN]), /Sample 1 .* NaN/],
    [
      "a WAV file with infinite samples",
      wavBytes({ codec: 3, bits: 32, data: number(0x7f800000, 4) }),
      /Sample 0 .* Infinity/,
    ],
    ["a damaged WAV file", wav.subarray(0, 20), /chunk/],
    ["what the platform cannot decode", encode("<!doctype html>"), /cannot decode/],
    ["a kind of source that is none", 42 as unknown as Blob, /Unknown kind.*Blob/],
  ])("%s", async (_, source, message) => {
    stubPlatform([]);
    const decoding = decodeAudio(source, 16000);
    await expect(decoding).rejects.toThrow(AudioError);
    await expect(decoding).rejects.toThrow(message);
  });

  test("no decoder on this platform", async () => {
    await expect(decodeAudio(encode("tone"), 16000)).rejects.toThrow(/OfflineAudioContext/);
  });

  test("a platform's buffer without channels", async () => {
    stubPlatform([]);
    await expect(decodeAudio(encode("tone"), 16000)).rejects.toThrow(/no channels/);
  });
});

describe("download", () => {
  test("a server's refusal tells address and status", async () => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 404, statusText: "Not Found" }));
    const error = await decodeAudio("https://example.org/a.wav", 16000).catch((e) => e);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.details).toEqual({ url: "https://example.org/a.wav", status: 404 });
    expect(error.message).toContain("404 Not Found");
  });

  test("a failing network", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const decoding = decodeAudio(new URL("https://example.org/a.wav"), 16000);
    await expect(decoding).rejects.toThrow(DownloadError);
    await expect(decoding).rejects.toThrow(/check the address, the network/);
  });

  test("an abort on the way rejects with the signal's reason", async () => {
    const controller = new AbortController();
    vi.stubGlobal("fetch", (_url: string, { signal }: RequestInit) => {
      return new Promise((_, reject) => {
        signal!.addEventListener("abort", () => reject(signal!.reason));
      });
    });
    const decoding = decodeAudio("https://example.org/a.wav", 16000, { signal: controller.signal });
    const reason = new Error("changed my mind");
    controller.abort(reason);
    await expect(decoding).rejects.toBe(reason);
  });
});

test("a signal that has aborted rejects at once, whatever the source", async () => {
  const reason = new Error("too late");
  const signal = AbortSignal.abort(reason);
  await expect(decodeAudio(samples, 8000, { signal })).rejects.toBe(reason);
});
