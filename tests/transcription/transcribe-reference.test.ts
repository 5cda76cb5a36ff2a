import { expect, it } from "vitest";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { DecodingOptions, Task } from "../../src/options/options.ts";
import type { Segment, Word } from "../../src/results.ts";
import { Progress } from "../../src/transcription/progress.ts";
import type { WindowResult, WindowSegment } from "../../src/transcription/read-window.ts";
import { Recogniser } from "../../src/transcription/recogniser.ts";
import { seekLoop } from "../../src/transcription/seek-loop.ts";
import { findClips } from "../../src/transcription/stretches.ts";
import { type LoadedModel, WindowPipeline } from "../../src/transcription/window-pipeline.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";

/** The options of OpenAI's transcribe(), those that differ from its defaults. */
interface ReferenceOptions {
  readonly language?: string;
  readonly task?: Task;
  readonly beam_size?: number;
  readonly condition_on_previous_text?: boolean;
  readonly initial_prompt?: string;
  readonly carry_initial_prompt?: boolean;
  readonly clip_timestamps?: string;
  readonly no_speech_threshold?: number | null;
  readonly logprob_threshold?: number | null;
  readonly word_timestamps?: boolean;
  readonly hallucination_silence_threshold?: number;
  readonly without_timestamps?: boolean;
}

interface ReferenceWindow {
  readonly seek: number;
  readonly segment_size: number;
  readonly prompt_length: number;
  readonly avg_logprob: number;
  readonly no_speech_prob: number;
  /** Of these, some cases keep all and some none. */
  readonly prompt_last?: number[];
  readonly tokens?: number[];
  readonly compression_ratio?: number;
}

interface ReferenceSegment {
  readonly id?: number;
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number[];
  readonly text?: string;
  readonly words?: [word: string, start: number, end: number, probability: number][];
}

interface ReferenceCase {
  readonly name: string;
  readonly audio: string;
  readonly options: ReferenceOptions;
  readonly language: string;
  readonly windows: ReferenceWindow[];
  readonly segments: ReferenceSegment[];
}

/** OpenAI's options in our names; its ladder of temperatures was 0 alone. */
function toOptions({ options }: ReferenceCase): DecodingOptions {
  const named = {
    language: options.language,
    task: options.task,
    beamSize: options.beam_size,
    conditionOnPreviousText: options.condition_on_previous_text,
    initialPrompt: options.initial_prompt,
    carryInitialPrompt: options.carry_initial_prompt,
    noSpeechThreshold: options.no_speech_threshold,
    logProbThreshold: options.logprob_threshold,
    hallucinationSilenceThreshold: options.hallucination_silence_threshold,
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    temperature: 0,
    timestamps: options.word_timestamps ? "word" : "segment",
    ...(options.clip_timestamps !== undefined && {
      clipTimestamps: options.clip_timestamps.split(",").map(Number),
    }),
  };
}

function audioOf({ audio }: ReferenceCase): Float32Array {
  if (audio === "long clip") return referenceAudio("long");
  const jfk = referenceAudio("jfk");
  return audio === "main clip" ? jfk : jfk.subarray(0, 8000);
}

function expectWindows(
  actual: readonly WindowResult[],
  expected: readonly ReferenceWindow[],
): void {
  const place = (seek: number, frames: number, promptLength: number) => {
    return { seek, frames, promptLength };
  };
  expect(actual.map((heard) => place(heard.seek, heard.frameCount, heard.promptLength))).toEqual(
    expected.map((window) => place(window.seek, window.segment_size, window.prompt_length)),
  );
  for (const [i, window] of expected.entries()) {
    const { decoded } = actual[i]!;
    if (window.tokens) expect(decoded.tokens, `window ${i}`).toEqual(window.tokens);
    expect(Math.abs(decoded.avgLogProb - window.avg_logprob)).toBeLessThan(1e-4);
    expect(Math.abs(decoded.noSpeechProb - window.no_speech_prob)).toBeLessThan(1e-4);
    if (window.compression_ratio === undefined) continue;
    expect(decoded.compressionRatio).toBeCloseTo(window.compression_ratio, 7);
  }
}

function expectSegments(
  actual: readonly (WindowSegment & { readonly seek: number })[],
  expected: readonly ReferenceSegment[],
  duration: number,
): void {
  expect(actual.map(({ seek, tokens }) => ({ seek, tokens }))).toEqual(
    expected.map(({ seek, tokens }) => ({ seek, tokens })),
  );
  for (const [i, segment] of expected.entries()) {
    const { start, end, text, words } = actual[i]!;
    // The reference writes 9 digits, and lets segments end behind the audio.
    expect(start, `start of ${i}`).toBeCloseTo(Math.min(segment.start, duration), 6);
    expect(end, `end of ${i}`).toBeCloseTo(Math.min(segment.end, duration), 6);
    if (segment.text !== undefined) expect(text).toBe(segment.text);
    if (segment.words !== undefined) expectWords(words ?? [], segment.words, duration);
  }
}

function expectWords(
  actual: readonly Word[],
  expected: NonNullable<ReferenceSegment["words"]>,
  duration: number,
): void {
  expect(actual.map(({ word }) => word)).toEqual(expected.map(([word]) => word));
  for (const [i, [word, start, end, probability]] of expected.entries()) {
    expect(actual[i]!.start, `start of ${word}`).toBeCloseTo(Math.min(start, duration), 6);
    expect(actual[i]!.end, `end of ${word}`).toBeCloseTo(Math.min(end, duration), 6);
    expect(Math.abs(actual[i]!.probability - probability)).toBeLessThan(1e-4);
  }
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "long recordings against OpenAI's transcribe(): %s",
  async (name) => {
    const reference = referenceJson(`refs/${name}/transcribe.json`) as { cases: ReferenceCase[] };
    const kernels = await instantiateNodeKernels();
    const source = openModelFolder(referencePath(`models/${name}`));
    const description = await describeModel(source);
    const model = await loadModel(kernels, source, description.config);
    const run = { kernels, description, model };

    it.each(reference.cases.map((each) => [each.name, each] as const))(
      "%s",
      async (_, expected) => {
        const recognise = expected.options.without_timestamps ? recogniseWithout : recogniseWith;
        const { windows, segments, language, duration } = await recognise(run, expected);
        expect(language).toBe(expected.language);
        expectWindows(windows, expected.windows);
        expectSegments(segments, expected.segments, duration);
      },
    );
  },
);

async function recogniseWith(
  { kernels, description, model }: LoadedModel,
  expected: ReferenceCase,
) {
  const recogniser = new Recogniser(kernels, description, model, 0);
  const windows: WindowResult[] = [];
  const told: Segment[] = [];
  for await (const event of recogniser.recognise(audioOf(expected), toOptions(expected))) {
    if (event.status === "window") windows.push(event.window);
    if (event.status === "segment") told.push(event.segment);
    if (event.status !== "done") continue;
    const { language, segments, text, tokens, duration } = event.transcript;
    expect(told).toEqual(segments);
    expect(segments.map(({ id }) => id)).toEqual(segments.map((_, i) => i));
    const texts = segments.map((segment) => segment.text);
    expect(text).toBe(texts.join("").trim());
    expect(tokens).toEqual(expected.segments.flatMap((segment) => segment.tokens));
    return { windows, segments, language, duration };
  }
  throw new Error("Expected a transcript.");
}

/** No option asks for this: only models that have no timestamps are heard without, and cut elsewhere. */
async function recogniseWithout(loaded: LoadedModel, expected: ReferenceCase) {
  const { generation, tokenizer } = loaded.description;
  const { timestampBegin, timestampEnd } = tokenizer.special;
  const suppressTokens = [...generation.suppressTokens];
  for (let id = timestampBegin!; id < timestampEnd!; id++) suppressTokens.push(id);
  const { clipTimestamps, timestamps, ...options } = toOptions(expected);
  const samples = audioOf(expected);
  const progress = new Progress({});
  const pipeline = new WindowPipeline(loaded, { ...options, suppressTokens }, progress);
  const clips = findClips([], samples.length, loaded.description.features);
  const windows: WindowResult[] = [];
  for await (const window of seekLoop(pipeline, samples, clips, { cutting: "full" })) {
    windows.push(window);
  }
  const segments = windows.flatMap(({ seek, segments }) => {
    return segments.map((segment) => ({ ...segment, seek }));
  });
  return { windows, segments, language: pipeline.language, duration: Number.POSITIVE_INFINITY };
}
