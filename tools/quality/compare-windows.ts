import type { ModelDescription } from "../../src/checkpoint/model-description.ts";
import { planPrompt } from "../../src/decoding/plan-prompt.ts";
import type { DecodingState } from "../../src/model/decoding-state.ts";
import { resolveOptions } from "../../src/options/check-options.ts";
import { Progress } from "../../src/transcription/progress.ts";
import { type LoadedModel, WindowPipeline } from "../../src/transcription/window-pipeline.ts";
import type { SpeechWindow } from "./speech-windows.ts";
import {
  encodeSamples,
  forceTokens,
  klDivergence,
  logProbabilities,
  withDecoder,
} from "./teacher-forcing.ts";
import { countDifferences, type WordRate } from "./word-differences.ts";

/** Rows of logits that lie in memory at once: 13 MB of Whisper's vocabulary. */
const LOGIT_ROWS = 64;

/** What the model that others are compared with computes of a window, and says. */
export interface ReferenceWindow extends SpeechWindow {
  readonly text: string;
  /** Its text's tokens, and end of text: what every model is made to say. */
  readonly forcedTokens: readonly number[];
  /** F32 [positions, width]. */
  readonly encoded: Float32Array;
  /** What it expects in the place of each forced token: logarithms, natural, [vocabulary] each. */
  readonly logProbabilities: readonly Float32Array[];
}

/** How far a model is from the reference in one window. */
export interface ComparedWindow {
  readonly recording: string;
  readonly speed: number;
  /** What the model says. */
  readonly text: string;
  /** What the reference says. */
  readonly expectedText: string;
  /** Energy of the reference's encoder output over the whole window. */
  readonly signal: number;
  /** Energy of what the model's output misses it by. */
  readonly noise: number;
  /** KL(reference || model) of each next token of the reference's text, nats. */
  readonly divergences: readonly number[];
  /** Tokens in whose place the two think another one likeliest. */
  readonly flips: number;
}

/** How far a model is from the reference over several windows. */
export interface QualitySummary {
  /** The encoder's output to what it misses the reference by, dB. */
  readonly encoderSnr: number;
  /** Mean KL(reference || model) of the next token, nats. */
  readonly klDivergence: number;
  /** Tokens in whose place the two think another one likeliest. */
  readonly flips: number;
  /** That the two means are over. */
  readonly tokens: number;
  /** Words that differ from the reference's text. */
  readonly differing: WordRate;
}

/**
 * Lets a model, in float32 mostly, hear windows, and keeps what it computes of them: about 0.2 MB for
 * each token and 2 to 8 MB for each window.
 */
export async function hearReference(
  loaded: LoadedModel,
  windows: readonly SpeechWindow[],
): Promise<ReferenceWindow[]> {
  const { tokenizer } = loaded.description;
  const heard: ReferenceWindow[] = [];
  for (const window of windows) {
    const encoded = await encodeSamples(loaded, window.samples, "window");
    const said = await withDecoder(loaded, encoded, { logitRows: LOGIT_ROWS }, async (state) => {
      const tokens = await sayFreely(loaded, state);
      const forcedTokens = [...tokens, tokenizer.special.endOfText];
      const expected: Float32Array[] = [];
      forceText(loaded, state, forcedTokens, (_, logits) => {
        expected.push(logProbabilities(logits));
      });
      return { text: tokenizer.decodeText(tokens), forcedTokens, logProbabilities: expected };
    });
    heard.push({ ...window, ...said, encoded });
  }
  return heard;
}

/**
 * Compares a model with the reference on its windows: the encoder's output, what is expected next in
 * the reference's own text, and the text that the model says by itself.
 *
 * @param loaded of the reference's vocabulary and width
 */
export async function compareWindows(
  loaded: LoadedModel,
  references: readonly ReferenceWindow[],
): Promise<ComparedWindow[]> {
  const { tokenizer } = loaded.description;
  const compared: ComparedWindow[] = [];
  for (const { recording, speed, samples, ...reference } of references) {
    const encoded = await encodeSamples(loaded, samples, "window");
    const said = await withDecoder(loaded, encoded, { logitRows: LOGIT_ROWS }, async (state) => {
      const divergences: number[] = [];
      let flips = 0;
      forceText(loaded, state, reference.forcedTokens, (index, logits) => {
        const expected = reference.logProbabilities[index]!;
        divergences.push(klDivergence(expected, logits.values, logits.logSumExp()));
        if (expected[logits.argMax()] !== largest(expected)) flips++;
      });
      const text = tokenizer.decodeText(await sayFreely(loaded, state));
      return { divergences, flips, text };
    });
    const energies = compareEnergy(reference.encoded, encoded);
    compared.push({ recording, speed, expectedText: reference.text, ...energies, ...said });
  }
  return compared;
}

/** Every token, every word and every position counts alike, whatever window it is of. */
export function summariseWindows(windows: readonly ComparedWindow[]): QualitySummary {
  const sum = (of: (window: ComparedWindow) => number) => {
    return windows.reduce((total, window) => total + of(window), 0);
  };
  const tokens = sum(({ divergences }) => divergences.length);
  const divergence = sum(({ divergences }) => divergences.reduce((a, b) => a + b, 0));
  return {
    encoderSnr: 10 * Math.log10(sum(({ signal }) => signal) / sum(({ noise }) => noise)),
    klDivergence: divergence / tokens,
    flips: sum(({ flips }) => flips),
    tokens,
    differing: countDifferences(windows),
  };
}

/**
 * What a model says: tokens of text alone, the likeliest each time, no times, no second attempt, and
 * no text taken back for being improbable.
 */
async function sayFreely(loaded: LoadedModel, state: DecodingState): Promise<readonly number[]> {
  const { isMultilingual } = loaded.description.generation;
  const options = { ...(isMultilingual && { language: "en" }), temperature: 0 };
  const pipeline = new WindowPipeline(loaded, options, new Progress({}));
  const request = { prompt: [], timestamps: false, seek: 0, isFirst: true };
  const [decoded] = await pipeline.decode(state, [request]);
  return decoded!.tokens;
}

/**
 * Makes a model say `tokens`, text and what ends it, behind the start of a transcript of English
 * speech without times.
 */
function forceText(
  { description }: LoadedModel,
  state: DecodingState,
  tokens: readonly number[],
  next: Parameters<typeof forceTokens>[3],
): void {
  const prompt = transcriptPrompt(description);
  // The last token is only expected, nothing follows it.
  forceTokens(state, [...prompt, ...tokens.slice(0, -1)], prompt.length - 1, next, LOGIT_ROWS);
}

function transcriptPrompt({ generation, tokenizer }: ModelDescription): number[] {
  return planPrompt(resolveOptions({}), "en", tokenizer, generation, 0).initialTokens;
}

function compareEnergy(expected: Float32Array, found: Float32Array) {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    signal += expected[i]! ** 2;
    noise += (found[i]! - expected[i]!) ** 2;
  }
  return { signal, noise };
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
