import { describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { detectSpeech, VoiceActivityDetector } from "../../src/vad/voice-activity.ts";
import { rootMeanSquare, sine } from "../audio/tones.ts";
import {
  add,
  concatenate,
  cutOut,
  hopDecibels,
  spokenSample,
  totalLength,
  whiteNoise,
} from "./speech-signals.ts";

/** Starts and ends, seconds. */
function times(samples: Float32Array, rate: number): number[] {
  return detectSpeech(samples, rate).flatMap(({ start, end }) => [start / rate, end / rate]);
}

/** The same times in whole frames of 10 ms, give or take one. */
function expectSameTimes(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, time] of expected.entries()) {
    expect(Math.abs(found[i]! - time)).toBeLessThanOrEqual(0.021);
  }
}

/** Part of the time at which the clean recording is within 25 dB of its loudest that is kept. */
function keptSpeech(
  clean: Float32Array,
  offset: number,
  stretches: ReturnType<typeof detectSpeech>,
): number {
  const levels = hopDecibels(clean, 80);
  const loudest = Math.max(...levels);
  const loud = [...levels.keys()].filter((hop) => levels[hop]! > loudest - 25);
  const kept = loud.filter((hop) => {
    const at = offset + hop * 80;
    return stretches.some(({ start, end }) => start <= at && at + 80 <= end);
  });
  return kept.length / loud.length;
}

describe.each([8000, 16000])("at %d Hz there is no speech in", (rate) => {
  const length = 20 * rate;
  const zeros = () => new Float32Array(length);
  const tone = (frequency: number, amplitude: number): Float32Array => {
    return sine(frequency, rate, length).map((x) => amplitude * x);
  };
  const hum = () => add(tone(50, 0.2), tone(150, 0.1));
  const clicks = (level: number) => {
    const samples = zeros();
    for (let at = 100; at < length; at += Math.round(0.37 * rate)) samples[at] = level;
    return samples;
  };

  it.each([
    ["nothing", () => new Float32Array(0)],
    ["a single sample", () => Float32Array.of(0.5)],
    ["zeros", zeros],
    ["a constant", () => zeros().fill(0.5)],
    ["noise of 1e-5", () => whiteNoise(length, 1e-5, 1)],
    ["noise of 1e-3", () => whiteNoise(length, 1e-3, 2)],
    ["noise of 0.01", () => whiteNoise(length, 1e-2, 3)],
    ["noise of 0.3", () => whiteNoise(length, 0.3, 4)],
    ["mains hum", hum],
    ["hum in noise", () => add(hum(), whiteNoise(length, 0.01, 5))],
    ["clicks", () => clicks(0.9)],
    ["clicks in noise", () => add(clicks(0.9), whiteNoise(length, 1e-3, 6))],
    ["a tone", () => tone(440, 1)],
    ["a chord that is held", () => [262, 330, 392].map((f) => tone(f, 0.2)).reduce(add)],
    [
      "noise that begins and ends",
      () => concatenate(zeros(), whiteNoise(length, 0.05, 7), zeros()),
    ],
    [
      "noise that becomes louder by 20 dB",
      () => concatenate(whiteNoise(length, 0.003, 8), whiteNoise(length, 0.03, 9)),
    ],
    ["hum that is switched on", () => concatenate(zeros(), hum())],
  ])("%s", (_, make) => {
    expect(detectSpeech(make(), rate)).toEqual([]);
  });
});

describe("speech", () => {
  const rate = 8000;
  const speech = spokenSample(rate);
  const silence = new Float32Array(5 * rate);
  const recording = concatenate(silence, speech, silence, speech);
  const offsets = [silence.length, 2 * silence.length + speech.length];

  it("is found between silence, with its padding and little more", () => {
    const stretches = detectSpeech(recording, rate);
    for (const offset of offsets) expect(keptSpeech(speech, offset, stretches)).toBe(1);
    expect(totalLength(stretches)).toBeLessThan(2 * speech.length + 0.4 * rate);
    const ends = stretches.flatMap(({ start, end }) => [start, end]);
    expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b));
    expect(ends.at(-1)).toBeLessThanOrEqual(recording.length);
  });

  it.each([1, 0.3, 0.1, 0.05])("is found the same at gain %d", (gain) => {
    const noisy = add(recording, whiteNoise(recording.length, 0.01, 1));
    const softer = noisy.map((x) => gain * x);
    expectSameTimes(times(softer, rate), times(noisy, rate));
  });

  it.each([-0.4, 0.05, 0.4])("is found the same around %d", (offset) => {
    const moved = recording.map((x) => x + offset);
    expectSameTimes(times(moved, rate), times(recording, rate));
  });

  it.each([16000, 22050, 44100])("is found the same at %d Hz", (other) => {
    const spoken = spokenSample(other);
    const pause = new Float32Array(5 * other);
    const found = times(concatenate(pause, spoken, pause, spoken), other);
    expectSameTimes(found, times(recording, rate));
  });

  it.each([
    [20, 1],
    [10, 0.99],
    [5, 0.95],
  ])("is kept in white noise at %d dB", (decibels, least) => {
    const level = rootMeanSquare(speech) / 10 ** (decibels / 20);
    const noisy = add(recording, whiteNoise(recording.length, level, 3));
    const stretches = detectSpeech(noisy, rate);
    for (const offset of offsets) {
      expect(keptSpeech(speech, offset, stretches)).toBeGreaterThanOrEqual(least);
    }
    expect(totalLength(stretches)).toBeLessThan(2.1 * speech.length);
  });

  it("is kept where it follows loud noise at once, and where noise follows it", () => {
    const noise = whiteNoise(5 * rate, 0.3, 4);
    const hiss = whiteNoise(speech.length, 0.001, 5);
    const between = concatenate(noise, add(speech, hiss), noise);
    expect(keptSpeech(speech, noise.length, detectSpeech(between, rate))).toBeGreaterThan(0.95);
  });

  it("is kept where the recording holds nothing else", () => {
    const stretches = detectSpeech(speech, rate);
    expect(keptSpeech(speech, 0, stretches)).toBe(1);
    const word = cutOut(speech, stretches).subarray(0, 0.6 * rate);
    expect(totalLength(detectSpeech(word, rate))).toBeGreaterThan(0.3 * rate);
  });

  it("survives dropouts of the line", () => {
    const noisy = add(recording, whiteNoise(recording.length, 0.01, 6));
    const stretches = detectSpeech(noisy, rate);
    for (let at = 0; at < noisy.length; at += 2 * rate) noisy.fill(0, at, at + 0.04 * rate);
    expect(totalLength(detectSpeech(noisy, rate))).toBeLessThan(1.1 * totalLength(stretches));
  });
});

describe("a stream", () => {
  const rate = 8000;
  const speech = spokenSample(rate);
  const recording = add(
    concatenate(new Float32Array(4 * rate), speech, new Float32Array(6 * rate), speech),
    whiteNoise(14 * rate + 2 * speech.length, 0.003, 1),
  );

  it.each([1, 80, 333, 2048, 50_000])("in blocks of %d gives what the whole gives", (size) => {
    const detector = new VoiceActivityDetector(rate);
    const stretches = [];
    for (let at = 0; at < recording.length; at += size) {
      stretches.push(...detector.push(recording.subarray(at, at + size)));
    }
    expect([...stretches, ...detector.finish()]).toEqual(detectSpeech(recording, rate));
  });

  it.each([0, 0.3, 3])("looking %d s ahead keeps the promises that captions rely on", (ahead) => {
    const detector = new VoiceActivityDetector(rate, {}, ahead);
    const told: { start: number; end: number }[] = [];
    /** Where no stretch may begin any more, and starts of open stretches that were seen. */
    let silentUntil = 0;
    const seen = new Set<number>();
    for (let at = 0; at < recording.length; at += 200) {
      const ended = detector.push(recording.subarray(at, at + 200));
      for (const { start } of ended) expect(start >= silentUntil || seen.has(start)).toBe(true);
      told.push(...ended);
      const { speakingSince } = detector;
      if (speakingSince !== null && !seen.has(speakingSince)) {
        expect(speakingSince).toBeGreaterThanOrEqual(silentUntil);
        seen.add(speakingSince);
      }
      if (speakingSince === null) {
        silentUntil = Math.max(silentUntil, detector.silentUntil);
        expect(detector.silentUntil).toBeLessThanOrEqual(at + 200);
        expect(at + 200 - detector.silentUntil).toBeLessThan((ahead + 0.8) * rate);
      }
    }
    told.push(...detector.finish());
    expect(keptSpeech(speech, 4 * rate, told)).toBeGreaterThan(0.99);
    expect(keptSpeech(speech, 10 * rate + speech.length, told)).toBeGreaterThan(0.99);
    expect(totalLength(told)).toBeLessThan(2.2 * speech.length);
  });

  it("takes an hour in little time", () => {
    const minute = concatenate(speech, whiteNoise(60 * rate - speech.length, 0.003, 2));
    const detector = new VoiceActivityDetector(rate);
    const before = process.cpuUsage();
    let found = 0;
    for (let i = 0; i < 60; i++) found += detector.push(minute).length;
    found += detector.finish().length;
    const { user } = process.cpuUsage(before);
    expect(found).toBeGreaterThanOrEqual(60);
    // 0.3 s where nothing else runs; the bound is for the slowest of machines.
    expect(user / 1e6).toBeLessThan(5);
  });
});

describe("options", () => {
  const rate = 8000;
  const speech = spokenSample(rate);
  const pause = (seconds: number) => new Float32Array(Math.round(seconds * rate));
  /** A tone with pauses, so that the floor is known: 0.3 s of sound every second. */
  const beeps = (seconds: number) => {
    const beep = sine(500, rate, Math.round(seconds * rate)).map((x) => 0.1 * x);
    return concatenate(...Array.from({ length: 8 }, () => concatenate(beep, pause(1))));
  };

  it("minSpeechDuration: shorter sounds are no speech", () => {
    expect(detectSpeech(beeps(0.3), rate, { minSpeechDuration: 0.25 })).toHaveLength(8);
    expect(detectSpeech(beeps(0.3), rate, { minSpeechDuration: 0.4 })).toHaveLength(0);
  });

  it("minSilenceDuration: shorter pauses do not end a stretch", () => {
    expect(detectSpeech(beeps(0.3), rate, { minSilenceDuration: 0.8 })).toHaveLength(8);
    expect(detectSpeech(beeps(0.3), rate, { minSilenceDuration: 1.1 })).toHaveLength(1);
  });

  it("padding: kept around a stretch, within the recording", () => {
    const none = detectSpeech(beeps(0.3), rate, { padding: 0 });
    const some = detectSpeech(beeps(0.3), rate, { padding: 0.3 });
    expect(none[0]!.start).toBe(0);
    expect(some[0]!.start).toBe(0);
    for (const i of [1, 2, 7]) {
      expect(some[i]!.start).toBe(none[i]!.start - 0.3 * rate);
      expect(some[i]!.end).toBe(none[i]!.end + 0.3 * rate);
    }
    // Paddings that meet make one stretch.
    expect(detectSpeech(beeps(0.3), rate, { padding: 0.6 })).toHaveLength(1);
    expect(detectSpeech(speech, rate, { padding: 30 })).toEqual([{ start: 0, end: speech.length }]);
  });

  it("threshold: decibels above the noise", () => {
    const noisy = add(beeps(0.3), whiteNoise(8 * 1.3 * rate, 0.02, 1)); // the beeps are 11 dB louder
    expect(detectSpeech(noisy, rate, { threshold: 9 })).toHaveLength(8);
    expect(detectSpeech(noisy, rate, { threshold: 25 })).toHaveLength(0);
  });

  it("undefined is as left out", () => {
    const options = { threshold: undefined } as object;
    expect(detectSpeech(speech, rate, options)).toEqual(detectSpeech(speech, rate));
  });

  it.each([0, 3999, Number.NaN])("a sample rate of %d Hz is refused", (sampleRate) => {
    expect(() => detectSpeech(speech, sampleRate)).toThrow(OptionError);
  });
});
