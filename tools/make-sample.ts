/**
 * Writes the recording that the tests use most, tests/fixtures/samples/numbers.wav: digits spoken by
 * flite, one by one, with gaps between them. Run it with: npx tsx tools/make-sample.ts
 *
 * The same flite and the same constants give the same bytes.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readWav } from "../src/audio/wav.ts";

const digits = "4072916";
/** The voice "kal" speaks at 8 kHz, the rate of the digits models, so nothing is resampled. */
const voice = "kal";
const seed = 1;
/** Seconds of silence; between digits a length drawn from this range. */
const gap = { shortest: 0.15, longest: 0.3 };
const margin = 0.25;

const words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const target = fileURLToPath(new URL("../tests/fixtures/samples/numbers.wav", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "fwhisper-sample-"));
try {
  const random = lehmer(seed);
  const parts: Float32Array[] = [];
  let sampleRate = 0;
  for (const [position, digit] of [...digits].entries()) {
    const spoken = await speak(words[Number(digit)]!, join(folder, `${position}.wav`));
    sampleRate = spoken.sampleRate;
    const silence = position ? gap.shortest + random() * (gap.longest - gap.shortest) : margin;
    parts.push(new Float32Array(Math.round(silence * sampleRate)), spoken.samples);
  }
  parts.push(new Float32Array(Math.round(margin * sampleRate)));
  await writeFile(target, encodeWav(parts, sampleRate));
} finally {
  await rm(folder, { recursive: true });
}

async function speak(word: string, path: string) {
  const { error, status, stderr } = spawnSync("flite", ["-voice", voice, "-t", word, "-o", path]);
  if (error || status !== 0) {
    throw new Error(
      `flite could not speak (${error?.message ?? stderr}). Install it, on Debian with: apt-get install flite`,
    );
  }
  const { channels, sampleRate } = readWav(new Uint8Array(await readFile(path)));
  return { samples: trimSilence(channels[0]!), sampleRate };
}

/** flite puts pauses of its own round a word; the gaps are ours to choose. */
function trimSilence(samples: Float32Array): Float32Array {
  const threshold = 0.005;
  const isLoud = (sample: number) => Math.abs(sample) > threshold;
  return samples.slice(samples.findIndex(isLoud), samples.findLastIndex(isLoud) + 1);
}

/** 16-bit mono PCM. */
function encodeWav(parts: readonly Float32Array[], sampleRate: number): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = Buffer.alloc(44 + 2 * length);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(36 + 2 * length, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20); // PCM
  bytes.writeUInt16LE(1, 22); // channels
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(2 * sampleRate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(2 * length, 40);
  let offset = 44;
  for (const part of parts) {
    for (const sample of part) offset = bytes.writeInt16LE(Math.round(sample * 32768), offset);
  }
  return bytes;
}

/** Lehmer's generator with the "minimal standard" multiplier of Park and Miller, 1988: 0..1. */
function lehmer(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}
