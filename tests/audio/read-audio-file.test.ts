import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { decodeAudio } from "../../src/audio/decode-audio.ts";
import { readWav } from "../../src/audio/wav.ts";
import { AudioError } from "../../src/errors.ts";
import { readAudioFile, readRawPcm } from "../../tools/node/read-audio-file.ts";
import { errorDecibels, rootMeanSquare, sine } from "./tones.ts";
import { pcm16Wav } from "./wav-bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "fwhisper-audio-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function temporaryFile(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

/** 16-bit mono AIFF, or AIFF-C without compression (Apple, "Audio Interchange File Format", 1989). */
function aiffBytes(kind: string, sampleRate: number, codes: readonly number[]): Uint8Array {
  const chunk = (id: string, body: Buffer) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(body.length);
    return Buffer.concat([Buffer.from(id), size, body]);
  };
  const common = Buffer.alloc(18);
  common.writeInt16BE(1, 0);
  common.writeUInt32BE(codes.length, 2);
  common.writeInt16BE(16, 6);
  // An 80-bit float: exponent, then a mantissa whose highest bit is set.
  const exponent = Math.floor(Math.log2(sampleRate));
  common.writeUInt16BE(16383 + exponent, 8);
  common.writeUInt32BE(sampleRate * 2 ** (31 - exponent), 10);
  const compression = kind === "AIFC" ? Buffer.from("NONE\0\0") : Buffer.alloc(0);
  const samples = Buffer.alloc(8 + 2 * codes.length);
  for (const [i, code] of codes.entries()) samples.writeInt16BE(code, 8 + 2 * i);
  const body = [
    Buffer.from(kind),
    chunk("COMM", Buffer.concat([common, compression])),
    chunk("SSND", samples),
  ];
  return chunk("FORM", Buffer.concat(body));
}

describe("compressed formats (see fixtures/README.md)", () => {
  const sampleRate = 22050;
  const tone = sine(440, sampleRate, 8820).map((x) => x / 2);

  test("FLAC is the tone to within its rounding", async () => {
    const samples = await readAudioFile(fixture("tone.flac"), sampleRate);
    expect(samples).toHaveLength(tone.length);
    // Half a step of 16 bits, and the decoder's divisor of 32767 where ours is 32768.
    for (const [i, x] of samples.entries()) expect(Math.abs(x - tone[i]!)).toBeLessThan(1 / 32768);
  });

  test("FLAC in stereo, with one channel silent, is half as loud", async () => {
    const mono = await readAudioFile(fixture("tone.flac"), sampleRate);
    const stereo = await readAudioFile(fixture("tone-stereo.flac"), sampleRate);
    expect(stereo).toEqual(mono.map((x) => x / 2));
  });

  test.each([
    // LAME makes everything 5 % quieter.
    ["tone.mp3", 0.95, -50],
    ["tone-vorbis.ogg", 1, -35],
    // Opus works at 48 kHz: the decoded audio is resampled.
    ["tone-opus.ogg", 1, -35],
  ])("%s is the tone in time and level", async (name, gain, decibels) => {
    const samples = await readAudioFile(fixture(name), sampleRate);
    expect(samples).toHaveLength(tone.length);
    // The first and last 50 ms hold the codec's own onset.
    const middle = samples.subarray(1102, -1102);
    const expected = tone.map((x) => x * gain).subarray(1102, -1102);
    expect(errorDecibels(middle, expected)).toBeLessThan(decibels);
  });

  test.each(["AIFF", "AIFC"])("%s is what it holds, exactly", async (kind) => {
    const codes = [0, 1, -1, 12345, -32768, 32767];
    const path = temporaryFile(`${kind}.aiff`, aiffBytes(kind, 8000, codes));
    const expected = codes.map((code) => code / 32768);
    expect([...(await readAudioFile(path, 8000))]).toEqual(expected);
    expect([...(await decodeAudio(new Uint8Array(readFileSync(path)), 8000))]).toEqual(expected);
  });

  test("at half the rate the tone has half the samples and the same pitch", async () => {
    const samples = await readAudioFile(fixture("tone.flac"), 8000);
    expect(samples).toHaveLength(3200);
    const expected = sine(440, 8000, 3200).map((x) => x / 2);
    expect(errorDecibels(samples.subarray(200, -200), expected.subarray(200, -200))).toBeLessThan(
      -75,
    );
  });

  test("a file that is cut off gives its beginning", async () => {
    const bytes = readFileSync(fixture("tone.flac"));
    const path = temporaryFile("cut.flac", bytes.subarray(0, bytes.length - 300));
    const samples = await readAudioFile(path, sampleRate);
    expect(samples.length).toBeLessThan(tone.length);
    expect(errorDecibels(samples, tone)).toBeLessThan(-80);
  });
});

describe("WAV", () => {
  test("gives the very samples that the page gets", async () => {
    const codes = Array.from({ length: 300 }, (_, i) => ((i * 7919) % 65536) - 32768);
    const bytes = pcm16Wav(codes, { channelCount: 2, sampleRate: 44100 });
    const path = temporaryFile("stereo.wav", bytes);
    expect(await readAudioFile(path, 16000)).toEqual(await decodeAudio(bytes, 16000));
  });

  test("is known by its bytes, not by its name", async () => {
    const path = temporaryFile("wav-inside.mp3", pcm16Wav([16384]));
    expect(await readAudioFile(path, 8000)).toEqual(new Float32Array([0.5]));
  });
});

describe("refusals name the file", () => {
  const head = (name: string, length: number) => readFileSync(fixture(name)).subarray(0, length);
  test.each([
    ["empty.wav", new Uint8Array(), /empty \(0 bytes\)/],
    ["silent.wav", pcm16Wav([]), /empty/],
    ["page.html", "<!doctype html><title>Not audio</title>", /format is not known.*ffmpeg/],
    ["one-byte.bin", "x", /format is not known/],
    ["video.ogv", `OggS${"\0".repeat(24)}\x80theora`, /format is not known/],
    ["head.flac", head("tone.flac", 60), /begins as FLAC.*damaged/],
    ["head.mp3", head("tone.mp3", 60), /begins as MP3.*damaged/],
    ["tag.mp3", "ID3\x04\0\0\0\0\0\0", /begins as MP3.*damaged/],
    ["head.ogg", head("tone-vorbis.ogg", 60), /begins as Ogg Vorbis.*damaged/],
    ["head.opus", head("tone-opus.ogg", 60), /begins as Ogg Opus.*damaged/],
  ])("%s", async (name, bytes, message) => {
    const path = temporaryFile(name, bytes);
    const error = await readAudioFile(path, 16000).catch((e) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).toMatch(message);
    expect(error.details.file).toBe(path);
  });

  test("a file that is not there", async () => {
    const path = join(folder, "nowhere.wav");
    const error = await readAudioFile(path, 16000).catch((e) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error.message).toBe(`${path}: The file cannot be opened (ENOENT). Check the path.`);
  });
});

describe("raw PCM", () => {
  test("little-endian floats as they are", async () => {
    const path = temporaryFile("pcm.f32", Uint8Array.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf]));
    expect([...(await readRawPcm(path))]).toEqual([1, -0.5]);
  });

  test.each([
    ["odd.f32", new Uint8Array(7), /7 bytes is no multiple of 4/],
    ["none.f32", new Uint8Array(), /empty/],
    ["nan.f32", Uint8Array.from([0, 0, 0xc0, 0x7f]), /Sample 0 .* NaN/],
  ])("%s is refused", async (name, bytes, message) => {
    const path = temporaryFile(name, bytes);
    await expect(readRawPcm(path)).rejects.toThrow(AudioError);
    await expect(readRawPcm(path)).rejects.toThrow(message);
    await expect(readRawPcm(path)).rejects.toThrow(path);
  });
});

test("the bundled recording is 8 kHz, mono, 3 to 6 s, with seven bursts of speech", () => {
  const path = new URL("../fixtures/samples/numbers.wav", import.meta.url);
  const { channels, sampleRate } = readWav(new Uint8Array(readFileSync(path)));
  expect(sampleRate).toBe(8000);
  expect(channels).toHaveLength(1);
  const samples = channels[0]!;
  expect(samples.length / sampleRate).toBeGreaterThan(3);
  expect(samples.length / sampleRate).toBeLessThan(6);
  expect(rootMeanSquare(samples)).toBeGreaterThan(0.01);
  // The gaps between digits are exact zeros of 0.15 s (1200 samples) and more.
  const runs = samples.reduce((text, x) => text + (x === 0 ? "0" : "1"), "");
  expect(runs.split(/0{1200,}/).filter((burst) => burst !== "")).toHaveLength(7);
});
