import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toMono } from "../../src/audio/mono.ts";
import { readWav } from "../../src/audio/wav.ts";
import type { SpeechStretch } from "../../src/vad/voice-activity.ts";
import { seededRandom } from "../fixtures/random.ts";

/** The bundled recording: seven digits in 4.5 s, with digital silence between them. */
export function spokenSample(sampleRate: number): Float32Array {
  const path = fileURLToPath(new URL("../fixtures/samples/numbers.wav", import.meta.url));
  return toMono(readWav(new Uint8Array(readFileSync(path))), sampleRate);
}

/** White noise with a normal distribution. */
export function whiteNoise(length: number, rms: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => {
    return rms * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  });
}

export function concatenate(...parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function add(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + (b[i] ?? 0));
}

/** Decibels of each hop, of full scale. */
export function hopDecibels(samples: Float32Array, hopLength: number): number[] {
  return Array.from({ length: Math.floor(samples.length / hopLength) }, (_, hop) => {
    const part = samples.subarray(hop * hopLength, (hop + 1) * hopLength);
    return 10 * Math.log10(part.reduce((sum, x) => sum + x * x, 0) / hopLength + 1e-12);
  });
}

/** What is left of the samples. */
export function cutOut(samples: Float32Array, stretches: readonly SpeechStretch[]): Float32Array {
  return concatenate(...stretches.map(({ start, end }) => samples.subarray(start, end)));
}

export function totalLength(stretches: readonly SpeechStretch[]): number {
  return stretches.reduce((sum, { start, end }) => sum + end - start, 0);
}
