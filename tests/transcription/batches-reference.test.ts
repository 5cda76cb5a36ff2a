import { expect, it } from "vitest";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { voiceActivityOptions } from "../../src/options/option-table.ts";
import type { DecodingOptions } from "../../src/options/options.ts";
import type { Segment } from "../../src/results.ts";
import { loadRecogniser } from "../../src/transcription/recogniser.ts";
import { groupStretches } from "../../src/transcription/speech-windows.ts";
import { detectSpeech } from "../../src/vad/voice-activity.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { describeWithReference, referencePath } from "../fixtures/reference.ts";

const name = "multi-d192-f16-v3";
const sampleRate = 16000;

/** Two and a half minutes: the clip, or a part of it, every fifteen seconds. */
function makeRecording(): Float32Array {
  const clip = referenceAudio("jfk");
  const recording = new Float32Array(155 * sampleRate);
  for (let i = 0; i < 10; i++) {
    const part = clip.subarray((i % 3) * sampleRate, (11 - 3 * (i % 2)) * sampleRate);
    recording.set(part, (2 + 15 * i) * sampleRate);
  }
  return recording;
}

describeWithReference("windows of speech heard together", () => {
  it.each<[string, DecodingOptions]>([
    ["greedily", { timestamps: "segment" }],
    ["with the times of words", { timestamps: "word", hallucinationSilenceThreshold: 1 }],
    ["by beam search", { timestamps: "segment", beamSize: 3, maxTokens: 30 }],
    ["with a prompt", { timestamps: "segment", initialPrompt: "Ask not", maxTokens: 20 }],
  ])("are segments of each window alone: %s", async (_, chosen) => {
    const source = openModelFolder(referencePath(`models/${name}`));
    const { features } = await describeModel(source);
    const recogniser = await loadRecogniser(await instantiateNodeKernels(), source);
    const recording = makeRecording();
    const options = { language: "en", temperature: 0, ...chosen };
    const together = await recogniser.transcribe(recording, {
      ...options,
      voiceActivity: true,
      batchSize: 3,
    });

    const stretches = detectSpeech(recording, sampleRate);
    const windows = groupStretches(
      recording,
      stretches,
      features,
      voiceActivityOptions.padding.default,
    );
    expect(windows.length).toBeGreaterThan(2);
    const { initialPrompt } = options;
    const expected: Segment[] = [];
    for (const window of windows) {
      const alone = await recogniser.transcribe(window.cutFrom(recording), {
        ...options,
        clipTimestamps: [0],
        conditionOnPreviousText: false,
        ...(initialPrompt !== undefined && { carryInitialPrompt: true }),
      });
      expected.push(...alone.segments.map((segment) => window.restoreSegment(segment)));
    }
    expect(together.segments.map(({ tokens }) => tokens)).toEqual(
      expected.map(({ tokens }) => tokens),
    );
    expect(together.segments.map(({ text, start, end }) => ({ text, start, end }))).toEqual(
      expected.map(({ text, start, end }) => ({ text, start, end })),
    );
    const times = (segments: readonly Segment[]) => {
      return segments.flatMap(({ words = [] }) => words.map(({ start, end }) => ({ start, end })));
    };
    expect(times(together.segments)).toEqual(times(expected));
    for (const { seek, start } of together.segments) {
      expect(seek / 100).toBeLessThanOrEqual(start + 0.21);
    }
  });
});
