import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { countErrors, errorRate, totalErrors } from "../../src/metrics/word-error-rate.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { detectSpeech } from "../../src/vad/voice-activity.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { readAudioFile } from "../../tools/node/read-audio-file.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { describeWith, describeWithReference, referencePath } from "../fixtures/reference.ts";
import { concatenate, cutOut, hopDecibels, totalLength, whiteNoise } from "./speech-signals.ts";

const rate = 8000;
const hop = rate / 100;
const digits = fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
const folder = referencePath("../audio/spoken-numbers");

interface Recording {
  readonly audio: string;
  readonly text: string;
  readonly condition: "clean" | "noisy";
}

function recordings(condition: Recording["condition"]): Recording[] {
  const lines = readFileSync(`${folder}/manifest.jsonl`, "utf8").trim().split("\n");
  return lines
    .map((line): Recording => JSON.parse(line))
    .filter((recording) => recording.condition === condition);
}

/** The level below which a part of the hops of a recording is, as an amplitude. */
function quietAmplitude(samples: Float32Array, part: number): number {
  const levels = hopDecibels(samples, hop).sort((a, b) => a - b);
  return 10 ** (levels[Math.floor(part * levels.length)]! / 20);
}

/** Hops in which digits are said: within 25 dB of the loudest, and above the noise. */
function spokenHops(samples: Float32Array): number[] {
  const levels = hopDecibels(samples, hop);
  const sorted = levels.slice().sort((a, b) => a - b);
  const loudest = sorted[Math.floor(0.98 * sorted.length)]!;
  const quiet = sorted[Math.floor(0.1 * sorted.length)]!;
  return [...levels.keys()].filter((i) => levels[i]! > Math.max(loudest - 25, quiet + 6));
}

describeWith(existsSync(folder))("spoken digits among silence", () => {
  it("are kept to 99 percent of their time, and the silence goes", async () => {
    const parts: Float32Array[] = [];
    const spoken: number[] = [];
    let length = 0;
    let silence = 0;
    for (const [i, { audio }] of recordings("clean").entries()) {
      const samples = await readAudioFile(`${folder}/${audio}`, rate);
      // As loud as the recording's own silence, so that the noise changes every few seconds.
      const gap = whiteNoise((3 + (i % 5)) * rate, quietAmplitude(samples, 0.1), i + 1);
      const at = length + gap.length;
      for (const index of spokenHops(samples)) spoken.push(at + index * hop);
      parts.push(gap, samples);
      length = at + samples.length;
      silence += gap.length;
    }
    const stretches = detectSpeech(concatenate(...parts), rate);
    const kept = spoken.filter((at) =>
      stretches.some(({ start, end }) => start <= at && at + hop <= end),
    );
    expect(kept.length / spoken.length).toBeGreaterThan(0.99);
    // The recordings have silence of their own, which goes too.
    expect(length - totalLength(stretches)).toBeGreaterThan(0.99 * silence);
  });

  // The texts are not all the same, as the model hears less silence around them than before; which
  // it does also where that is cut by hand.
  it.each([
    ["clean", 3.34, 1.5],
    ["noisy", 9.97, 1.5],
  ] as const)(
    "are heard as well as without it, %s (%d percent wrong)",
    async (condition, without, more) => {
      const recogniser = await loadRecogniser(
        await instantiateNodeKernels(),
        openModelFolder(digits),
        { weights: "f32" },
      );
      const counts = [];
      for (const [i, { audio, text }] of recordings(condition).entries()) {
        const samples = await readAudioFile(`${folder}/${audio}`, rate);
        const quiet = quietAmplitude(samples, 0.2);
        const before = whiteNoise(5 * rate, quiet, 2 * i + 1);
        const after = whiteNoise(5 * rate, quiet, 2 * i + 2);
        const whole = concatenate(before, samples, after);
        const speech = cutOut(whole, detectSpeech(whole, rate));
        expect(speech.length).toBeLessThan(samples.length + 0.5 * rate);
        const heard = await recogniser.transcribe(speech);
        counts.push(countErrors([...text], [...heard.text]));
      }
      expect(100 * errorRate(totalErrors(counts))).toBeLessThan(without + more);
    },
  );
});

describeWithReference("a speech", () => {
  it("is kept, and the silence between its parts goes", () => {
    const speech = referenceAudio("jfk");
    const [stretch, ...others] = detectSpeech(speech, 16000, { minSilenceDuration: 2 });
    expect(others).toEqual([]);
    expect(stretch!.start / 16000).toBeLessThan(0.4);
    expect(stretch!.end / 16000).toBeGreaterThan(10.3);
    const long = referenceAudio("long");
    const stretches = detectSpeech(long, 16000);
    const silent = (samples: Float32Array) => samples.every((x) => x === 0);
    for (let at = 0; at + 16000 <= long.length; at += 16000) {
      const isKept = stretches.some(({ start, end }) => start < at + 16000 && at < end);
      const isSilent = silent(long.subarray(Math.max(0, at - 8000), at + 24000));
      if (isSilent) expect(isKept, `silence at ${at / 16000} s`).toBe(false);
    }
  });
});
