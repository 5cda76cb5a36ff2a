import { describe, expect, it, test } from "vitest";
import { toMono } from "../../src/audio/mono.ts";
import { resample } from "../../src/audio/resample.ts";
import { AudioError } from "../../src/errors.ts";
import { randomF32 } from "../fixtures/random.ts";

test("channels are averaged", () => {
  const channels = [
    [1, 0, -0.5],
    [0, 0.5, -0.5],
    [0.5, 0.25, 0.25],
  ].map((x) => new Float32Array(x));
  expect([...toMono({ channels, sampleRate: 8000 }, 8000)]).toEqual([0.5, 0.25, -0.25]);
  expect(channels[0]![0]).toBe(1);
});

test("the mean is what is resampled", () => {
  const left = randomF32(1000, 1);
  const right = randomF32(1000, 2);
  const mean = left.map((x, i) => (x + right[i]!) / 2);
  expect(toMono({ channels: [left, right], sampleRate: 48000 }, 16000)).toEqual(
    resample(mean, 48000, 16000),
  );
});

test.each([
  ["no channels", [], /no channels/],
  ["no samples", [[]], /empty/],
  ["uneven channels", [[1, 2], [1]], /different lengths/],
  ["NaN", [[0, 0, Number.NaN, 0]], /Sample 2 of the audio is NaN/],
  ["Infinity", [[0, Number.NEGATIVE_INFINITY]], /Sample 1 of the audio is -Infinity/],
  ["opposite infinities", [[Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]], /Sample 0/],
])("%s: refused", (_, channels, message) => {
  const audio = { channels: channels.map((x) => new Float32Array(x)), sampleRate: 44100 };
  expect(() => toMono(audio, 16000)).toThrow(AudioError);
  expect(() => toMono(audio, 16000)).toThrow(message);
});

describe("channels of opposite phase", () => {
  const voice = Float32Array.from({ length: 48000 }, (_, i) => Math.sin(i / 20) * 0.3);
  const turned = voice.map((x) => -0.9 * x);

  it("do not cancel each other: the louder is heard", () => {
    const mono = toMono({ channels: [turned, voice], sampleRate: 16000 }, 16000);
    // It is faded in over the first block.
    expect(mono.slice(4096)).toEqual(voice.slice(4096));
    expect(toMono({ channels: [voice, voice], sampleRate: 16000 }, 16000)).toEqual(voice);
  });

  it("are told block by block, and nothing clicks", () => {
    const second = voice.map((x, i) => (i < 24000 ? x : -x));
    const mono = toMono({ channels: [voice, second], sampleRate: 16000 }, 16000);
    expect(mono.slice(0, 20480)).toEqual(voice.slice(0, 20480));
    expect(mono.slice(32768)).toEqual(voice.slice(32768));
    const steps = mono.slice(1).map((x, i) => Math.abs(x - mono[i]!));
    expect(Math.max(...steps)).toBeLessThan(0.05);
  });

  it("a voice in one channel of eight is heard", () => {
    const channels = Array.from({ length: 8 }, (_, i) =>
      i === 5 ? voice : new Float32Array(48000),
    );
    const mono = toMono({ channels, sampleRate: 16000 }, 16000);
    expect(mono).toEqual(voice.map((x) => x / 8));
  });
});
