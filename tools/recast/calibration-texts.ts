import { resample } from "../../src/audio/resample.ts";
import type { ModelDescription } from "../../src/checkpoint/model-description.ts";
import { detectLanguage } from "../../src/decoding/detect-language.ts";
import { sampleToken } from "../../src/decoding/sample-token.ts";
import { seededRandom } from "../../src/decoding/seeded-random.ts";
import type { DecodingState } from "../../src/model/decoding-state.ts";
import { withDecoder } from "../quality/teacher-forcing.ts";
import type { FloatModel } from "./float-model.ts";

/** At most a window of audio, and what the model, in float32, writes down of it. */
export interface CalibrationWindow {
  readonly samples: Float32Array;
  /** The encoder's output, F32 [positions, width]. */
  readonly audio: Float32Array;
  /** The first one is the likeliest. */
  readonly texts: readonly CalibrationText[];
}

export interface CalibrationText {
  readonly tokens: readonly number[];
  /** Tokens of the start sequence: logits behind its last one and all that follow are text. */
  readonly promptLength: number;
}

/**
 * Temperatures of the texts of a window. A few minutes of speech are some hundred tokens, fewer than a
 * layer has inputs; sampled texts show the decoder's layers more of what they meet, at no recording's
 * cost.
 */
const TEMPERATURES = [0, 0.7, 1] as const;
/** Tokens of a text, so that none that a hot temperature makes endless counts for many. */
const MOST_TOKENS = 200;

/**
 * Speeds at which recordings are played: other pitches, other positions in the window. The first is
 * what the recordings are.
 */
const SPEEDS = [1, 0.9, 1.1] as const;

/**
 * Lets the model hear recordings, window by window, and write texts: whoever observes it sees what its
 * layers multiply.
 *
 * @returns the windows of the recordings at their own speed
 */
export async function writeTexts(
  model: FloatModel,
  recordings: readonly Float32Array[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<CalibrationWindow[]> {
  const { sampleRate, windowSamples } = model.description.features;
  const windowsAt = (speed: number) =>
    recordings.flatMap((samples) => {
      const played = resample(samples, Math.round(sampleRate * speed), sampleRate);
      return cutWindows(played, windowSamples);
    });
  const windows = SPEEDS.flatMap(windowsAt);
  const written: CalibrationWindow[] = [];
  for (const [index, samples] of windows.entries()) {
    onProgress(index, windows.length);
    const audio = await model.encode(samples, signal);
    const texts = await withDecoder(
      model.loaded,
      audio,
      { sequences: TEMPERATURES.length, logitRows: TEMPERATURES.length },
      (state) => writeTextsOf(state, model.description, signal),
    );
    written.push({ samples, audio, texts });
  }
  return written.slice(0, windowsAt(1).length);
}

/** One text at each temperature, side by side. */
function writeTextsOf(
  state: DecodingState,
  { tokenizer, generation }: ModelDescription,
  signal: AbortSignal,
): CalibrationText[] {
  const { special, languages } = tokenizer;
  const start = [special.startOfTranscript];
  if (generation.isMultilingual) {
    const { language } = detectLanguage(state, special.startOfTranscript, languages);
    start.push(languages.get(language)!, special.transcribe!);
  }
  start.push(special.noTimestamps);
  // What steers Whisper is never text, nor are the sounds that its files suppress.
  const never = new Set([
    ...generation.suppressTokens,
    ...languages.values(),
    ...Object.values(special).filter((id) => id !== null && id !== special.endOfText),
  ]);
  const texts = TEMPERATURES.map((_, seed) => ({
    tokens: [...start],
    promptLength: start.length,
    random: seededRandom(seed),
    isOver: false,
  }));
  const most = Math.min(MOST_TOKENS, state.contextLength - start.length - 1);
  let logits = state.pass(
    texts.map((_, sequence) => ({ sequence, tokens: start, rows: [start.length - 1] })),
  );
  let running = [...texts.keys()];
  for (let length = 0; length < most && running.length > 0; length++) {
    signal.throwIfAborted();
    for (const [row, sequence] of running.entries()) {
      const text = texts[sequence]!;
      const own = logits[row]!;
      const { values } = own;
      for (const id of never) values[id!] = Number.NEGATIVE_INFINITY;
      values.fill(Number.NEGATIVE_INFINITY, special.timestampBegin ?? values.length);
      const temperature = TEMPERATURES[sequence]!;
      const token = temperature === 0 ? own.argMax() : sampleToken(own, temperature, text.random);
      if (token === special.endOfText) text.isOver = true;
      else text.tokens.push(token);
    }
    running = running.filter((sequence) => !texts[sequence]!.isOver);
    if (running.length === 0) break;
    logits = state.pass(
      running.map((sequence) => ({
        sequence,
        tokens: [texts[sequence]!.tokens.at(-1)!],
        rows: [0],
      })),
    );
  }
  return texts.map(({ tokens, promptLength }) => ({ tokens, promptLength }));
}

/** Pieces of `length`; a last one of less than half a second is left out. */
function cutWindows(samples: Float32Array, length: number): Float32Array[] {
  const windows: Float32Array[] = [];
  for (let at = 0; at < samples.length; at += length) {
    const window = samples.subarray(at, at + length);
    if (at === 0 || window.length > length / 60) windows.push(window);
  }
  return windows;
}
