import { describe, expect, test } from "vitest";
import { isWav, readWav } from "../../src/audio/wav.ts";
import { AudioError } from "../../src/errors.ts";
import { number, pcm16Wav, type WavForm, wavBytes } from "./wav-bytes.ts";

/** The samples of a mono file. */
function monoOf(bytes: Uint8Array): number[] {
  const { channels } = readWav(bytes);
  expect(channels).toHaveLength(1);
  return [...channels[0]!];
}

describe("sample formats", () => {
  test("all 65536 codes of 16 bits are code / 32768 exactly", () => {
    const codes = Array.from({ length: 65536 }, (_, i) => i - 32768);
    expect(monoOf(pcm16Wav(codes))).toEqual(codes.map((code) => code / 32768));
  });

  test("all 256 codes of 8 bits are unsigned", () => {
    const codes = Array.from({ length: 256 }, (_, i) => i);
    const samples = monoOf(wavBytes({ codec: 1, bits: 8, data: codes }));
    expect(samples).toEqual(codes.map((code) => (code - 128) / 128));
  });

  const wholeNumbers = (bits: number) => [
    0,
    1,
    -1,
    1000,
    -1001,
    2 ** (bits - 1) - 1,
    -(2 ** (bits - 1)),
  ];
  test.each([24, 32])("%i bits", (bits) => {
    const codes = wholeNumbers(bits);
    const data = codes.flatMap((code) => number(code, bits / 8));
    const expected = codes.map((code) => Math.fround(code / 2 ** (bits - 1)));
    expect(monoOf(wavBytes({ codec: 1, bits, data }))).toEqual(expected);
  });

  test("20 valid bits at the top of a container of 24", () => {
    const data = [0x70000, -0x80000].flatMap((code) => number(code * 16, 3));
    expect(monoOf(wavBytes({ codec: 1, bits: 20, data }))).toEqual([0x70000 / 2 ** 19, -1]);
  });

  test("24 valid bits at the top of a container of 32", () => {
    const data = number(0x400000 * 256, 4);
    expect(monoOf(wavBytes({ codec: 1, bits: 24, blockBytes: 4, data }))).toEqual([0.5]);
  });

  const floats = [0, 0.25, -1.5, 1e-30, 0.1];
  test.each([
    [32, Float32Array],
    [64, Float64Array],
  ] as const)("float of %i bits", (bits, Floats) => {
    const data = [...new Uint8Array(new Floats(floats).buffer)];
    expect(monoOf(wavBytes({ codec: 3, bits, data }))).toEqual(floats.map(Math.fround));
  });

  test("float samples need no alignment in the bytes given", () => {
    const data = [...new Uint8Array(new Float32Array(floats).buffer)];
    const bytes = wavBytes({ codec: 3, bits: 32, data });
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(monoOf(shifted.subarray(1))).toEqual(floats.map(Math.fround));
  });
});

describe("G.711", () => {
  // Known pairs: the smallest and largest codes of either sign, and one from the middle.
  test.each([
    ["A-law", 6, [0x55, 0xd5, 0x54, 0x2a, 0xaa, 0x80], [-8, 8, -24, -32256, 32256, 5504]],
    ["mu-law", 7, [0xff, 0x7f, 0xfe, 0x00, 0x80, 0x8f], [0, 0, 8, -32124, 32124, 16764]],
  ])("%s", (_, codec, data, expected) => {
    const samples = monoOf(wavBytes({ codec, bits: 8, data }));
    expect(samples.map((sample) => sample * 32768 + 0)).toEqual(expected);
  });

  // The naive twin of the expansion: G.711's rule for compression, applied to what was expanded.
  const compressALaw = (value: number): number => {
    const magnitude = Math.abs(value) >> 4;
    const segment = Math.max(0, 31 - Math.clz32(magnitude) - 3);
    const code = segment < 2 ? magnitude : (segment << 4) | ((magnitude >> (segment - 1)) & 15);
    return (code | (value < 0 ? 0 : 0x80)) ^ 0x55;
  };
  const compressMuLaw = (value: number): number => {
    const magnitude = Math.min(Math.abs(value) + 132, 32767);
    const segment = 31 - Math.clz32(magnitude) - 7;
    const code = (segment << 4) | ((magnitude >> (segment + 3)) & 15);
    return ~(code | (value < 0 ? 0x80 : 0)) & 0xff;
  };
  test.each([
    ["A-law", 6, compressALaw, []],
    // mu-law has two zeros; the negative one is not what a zero compresses to.
    ["mu-law", 7, compressMuLaw, [0x7f]],
  ] as const)(
    "%s: compressing what was expanded gives the code back",
    (_, codec, compress, except) => {
      const codes = Array.from({ length: 256 }, (_, i) => i).filter(
        (i) => !except.some((e) => e === i),
      );
      const samples = monoOf(wavBytes({ codec, bits: 8, data: codes }));
      expect(samples.map((sample) => compress(sample * 32768))).toEqual(codes);
    },
  );
});

describe("layout", () => {
  const codes = [1, -2, 300, -32768, 32767];
  const expected = codes.map((code) => code / 32768);

  const forms: Record<string, Partial<WavForm>> = {
    plain: {},
    WAVE_FORMAT_EXTENSIBLE: { extensible: true },
    "LIST with a pad byte before the data": { order: ["fmt ", "LIST", "data"] },
    "LIST after the data": { order: ["fmt ", "data", "LIST"] },
    "data before fmt": { order: ["LIST", "data", "fmt "] },
    "big-endian RIFX": { magic: "RIFX" },
    "big-endian RIFX, extensible": { magic: "RIFX", extensible: true },
    "RF64 with the size in ds64": {
      magic: "RF64",
      order: ["ds64", "fmt ", "data", "LIST"],
      dataSize: 0xffffffff,
      riffSize: 0xffffffff,
    },
    "BW64 with its size in place": { magic: "BW64", order: ["ds64", "fmt ", "data"] },
    "a stream of ffmpeg": { dataSize: 0xffffffff, riffSize: 0xffffffff },
    "a stream of sox": { dataSize: 0x7ffff000, riffSize: 0x7ffff024 },
    "a stream with sizes of 0": { dataSize: 0, riffSize: 0 },
  };
  test.each(Object.entries(forms))("%s", (_, form) => {
    expect(monoOf(pcm16Wav(codes, form))).toEqual(expected);
  });

  test("channels are taken apart, and the rate is told", () => {
    const audio = readWav(pcm16Wav([1, 2, 3, 4, 5, 6], { channelCount: 3, sampleRate: 44100 }));
    expect(audio.sampleRate).toBe(44100);
    expect(audio.channels.map((channel) => [...channel].map((x) => x * 32768))).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });

  test("a file cut off within a frame gives the whole frames", () => {
    const bytes = pcm16Wav([1, 2, 3, 4], { channelCount: 2 });
    const { channels } = readWav(bytes.subarray(0, bytes.length - 1));
    expect(channels.map((channel) => channel.length)).toEqual([1, 1]);
  });

  test("the pad byte of odd data is no sample", () => {
    expect(monoOf(wavBytes({ codec: 1, bits: 8, data: [128, 0, 255] }))).toEqual([
      0,
      -1,
      127 / 128,
    ]);
  });

  test("data of 0 bytes in a finished file is empty, whatever follows", () => {
    expect(monoOf(pcm16Wav([], { order: ["fmt ", "data", "LIST"] }))).toEqual([]);
  });
});

describe("refusals", () => {
  test.each([
    ["no RIFF", new TextEncoder().encode("<!doctype html><title>Not found</title>")],
    ["RIFF of another type", new TextEncoder().encode("RIFF\x04\0\0\0AVI ")],
    ["shorter than a header", new TextEncoder().encode("RIFF")],
    ["nothing", new Uint8Array()],
  ])("%s is no WAV", (_, bytes) => {
    expect(isWav(bytes)).toBe(false);
    expect(() => readWav(bytes)).toThrow(AudioError);
  });

  test.each([
    ["no data chunk", pcm16Wav([1], { order: ["fmt "] }), /no "data" chunk/],
    ["no fmt chunk", pcm16Wav([1], { order: ["data"] }), /no "fmt" chunk/],
    ["cut off in its fmt chunk", pcm16Wav([1]).subarray(0, 30), /no "data" chunk/],
    ["IMA ADPCM", pcm16Wav([1], { codec: 0x11, bits: 4 }), /codec 0x0011.*ffmpeg/],
    ["PCM of 40 bits", pcm16Wav([1], { bits: 40 }), /40 bits/],
    ["no channels", pcm16Wav([1], { channelCount: 0, blockBytes: 2 }), /0 channels/],
  ])("%s", (_, bytes, message) => {
    expect(isWav(bytes)).toBe(true);
    expect(() => readWav(bytes)).toThrow(AudioError);
    expect(() => readWav(bytes)).toThrow(message);
  });
});

describe("a block size that cannot be", () => {
  test.each([0, 1, 3, 64])("%i bytes: samples are read by their bits", (blockBytes) => {
    const { channels } = readWav(pcm16Wav([1, -2, 3, -4], { channelCount: 2, blockBytes }));
    expect(channels.map((channel) => [...channel].map((x) => x * 32768))).toEqual([
      [1, 3],
      [-2, -4],
    ]);
  });
});
