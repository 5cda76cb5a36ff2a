import { expect, it } from "vitest";
import { lastWordEnd, timeWords } from "../../src/alignment/word-timestamps.ts";
import { describeModel } from "../../src/checkpoint/model-description.ts";
import { roundHalfToEven } from "../../src/decoding/round-half-to-even.ts";
import { RecordingLogMel } from "../../src/features/recording-log-mel.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import { cutWindow } from "../../src/transcription/cut-window.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { referenceAudio } from "../fixtures/jfk.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";

/** word, start, end, probability. */
type ReferenceWord = [string, number, number, number];

interface ReferenceSegment {
  readonly seek: number;
  readonly start: number;
  readonly end: number;
  readonly words: ReferenceWord[];
}

interface ReferenceWindow {
  readonly seek: number;
  readonly segment_size: number;
  readonly tokens: number[];
}

interface ReferenceCase {
  readonly name: string;
  readonly audio: string;
  readonly options: { readonly word_timestamps?: boolean };
  readonly segments: ReferenceSegment[];
  readonly windows: ReferenceWindow[];
}

/** Numbers of the reference have nine significant digits. */
const stored = (seconds: number) => Number(seconds.toPrecision(9));

async function open(name: string, audio: string) {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath(`models/${name}`));
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config);
  const samples = referenceAudio(audio === "long clip" ? "long" : "jfk");
  const logMel = await RecordingLogMel.measure(kernels, samples, description.features);
  return { kernels, description, model, logMel };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** The segments of a window whose tokens are known, as whisper/transcribe.py times them. */
async function timeWindow(
  { kernels, description, model, logMel }: Opened,
  { seek, segment_size, tokens }: ReferenceWindow,
  lastSpeechEnd: number,
) {
  const { tokenizer, generation, features } = description;
  const { startOfTranscript, transcribe } = tokenizer.special;
  const framesPerSecond = features.sampleRate / features.hopLength;
  const timeOffset = seek / framesPerSecond;
  const mark = kernels.heap.mark();
  const { pointer, frameCount } = logMel.window(seek, segment_size, features.windowFrames);
  const audio = await model.encoder.encode(pointer, frameCount, async () => {});
  const reading = {
    isTimestamp: (token: number) => tokenizer.isTimestamp(token),
    seconds: (token: number) => tokenizer.timestampSeconds(token),
  };
  const cut = cutWindow(tokens, reading, segment_size / framesPerSecond);
  const segments = await timeWords(
    new DecodingState(model.decoder, audio),
    cut.segments.map(({ start, end, tokens }) => {
      return { start: timeOffset + start, end: timeOffset + end, tokens };
    }),
    {
      tokenizer,
      language: generation.isMultilingual ? "en" : null,
      startTokens: generation.isMultilingual
        ? [startOfTranscript, tokenizer.languages.get("en")!, transcribe!]
        : [startOfTranscript],
      heads: generation.alignmentHeads,
      positions: Math.floor(segment_size / 2),
      positionsPerSecond: framesPerSecond / 2,
      timeOffset,
      lastSpeechEnd,
    },
  );
  kernels.heap.release(mark);
  return { segments, endsInSingleTimestamp: cut.endsInSingleTimestamp };
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "words and segments in time against OpenAI's: %s",
  (name) => {
    const cases: ReferenceCase[] = referenceJson(`refs/${name}/transcribe.json`).cases;
    // Some cases were stored without their windows' tokens.
    const told = cases.filter(
      ({ options, windows }) => options.word_timestamps && windows[0]?.tokens !== undefined,
    );

    it.each(told.map((each) => [each.name, each] as const))("%s", async (_, each) => {
      const opened = await open(name, each.audio);
      let lastSpeechEnd = 0;
      for (const [i, window] of each.windows.entries()) {
        const expected = each.segments.filter(({ seek }) => seek === window.seek);
        if (expected.length === 0) continue; // skipped as silence
        const { segments, endsInSingleTimestamp } = await timeWindow(opened, window, lastSpeechEnd);
        expect(segments).toHaveLength(expected.length);
        for (const [s, { start, end, words }] of expected.entries()) {
          const found = segments[s]!;
          const times = [stored(found.start), stored(found.end)];
          expect(times, `segment ${s} at ${window.seek}`).toEqual([start, end]);
          // The reference empties segments of no length afterwards.
          if (words.length === 0 && (start === end || found.words.length === 0)) continue;
          expect(
            found.words.map(({ word, start, end }) => [word, stored(start), stored(end)]),
          ).toEqual(words.map(([word, start, end]) => [word, start, end]));
          for (const [w, [, , , probability]] of words.entries()) {
            expect(Math.abs(found.words[w]!.probability - probability)).toBeLessThan(1e-4);
          }
        }
        const wordEnd = lastWordEnd(segments);
        const next = each.windows[i + 1]?.seek;
        if (!endsInSingleTimestamp && wordEnd! > window.seek / 100 && next !== undefined) {
          expect(roundHalfToEven(wordEnd! * 100)).toBe(next);
        }
        lastSpeechEnd = wordEnd ?? lastSpeechEnd;
      }
    });
  },
);
