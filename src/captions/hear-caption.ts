import { findAlignment } from "../alignment/find-alignment.ts";
import { mergePunctuations } from "../alignment/merge-punctuations.ts";
import type { DecodingPlan } from "../decoding/decoding-plan.ts";
import { isSpeech } from "../decoding/fallback.ts";
import type { DecodingState } from "../model/decoding-state.ts";
import type { DecodingOptions } from "../options/options.ts";
import { Progress } from "../transcription/progress.ts";
import { type LoadedModel, WindowListener } from "../transcription/window-listener.ts";
import type { CaptionHypothesis, Hypothesise, HypothesisWord } from "./caption-hypothesis.ts";

/**
 * Recognises the few seconds that a live caption is made of, again and again: as one window, all that
 * is decoded kept, with the time of each word. Once there is text whose audio is gone, the language
 * stays.
 *
 * @param seconds of wall clock: what hypotheses take is added
 * @throws OptionError for options that are impossible with this model
 */
export function createHypothesise(
  loaded: LoadedModel,
  options: DecodingOptions,
  seconds: Record<"features" | "encode" | "decode", number>,
): Hypothesise {
  const listen = (options: DecodingOptions, signal: AbortSignal) => {
    return new WindowListener(loaded, options, new Progress({ signal }));
  };
  listen(options, new AbortController().signal); // refuses the impossible before there is audio
  let language = options.language;
  return async ({ samples, prompt }, signal) => {
    const known = prompt !== "" && language !== undefined ? { language } : {};
    const listener = listen({ ...options, ...known }, signal);
    const hypothesis = await hearCaption(listener, samples, prompt);
    language = hypothesis.language ?? undefined;
    for (const stage of ["features", "encode", "decode"] as const) {
      seconds[stage] += listener.seconds[stage];
    }
    return hypothesis;
  };
}

async function hearCaption(
  listener: WindowListener,
  samples: Float32Array,
  text: string,
): Promise<CaptionHypothesis> {
  const { features, tokenizer } = listener.loaded.description;
  const frameCount = Math.floor(samples.length / features.hopLength);
  return listener.listen(
    () => listener.placeLogMel(samples),
    async (decoder) => {
      listener.detectLanguage(decoder);
      const { window, plan } = await listener.decode(decoder, {
        prompt: promptOf(listener, text),
        timestamps: tokenizer.special.timestampBegin !== null,
        seek: 0,
        isFirst: text === "",
      });
      const { temperature, avgLogProb, compressionRatio, noSpeechProb } = window;
      const quality = { temperature, avgLogProb, compressionRatio, noSpeechProb };
      const tokens = isSpeech(window, plan) ? window.tokens : [];
      const words = await timeWords(listener, decoder, { tokens, plan, frameCount });
      return { words, language: listener.language, quality };
    },
  );
}

/** What the model is told of the text before, where it can be told. */
function promptOf({ loaded, options, initialPrompt }: WindowListener, text: string) {
  const { tokenizer, config } = loaded.description;
  if (text === "") return initialPrompt;
  if (tokenizer.special.startOfPrev === null) return [];
  const carried = options.carryInitialPrompt ? initialPrompt : [];
  if (options.conditionOnPreviousText === false) return carried;
  const room = Math.floor(config.targetPositions / 2) - 1 - carried.length;
  return [...carried, ...(room > 0 ? tokenizer.encode(text).slice(-room) : [])];
}

/** Words as they were heard; those of whisper/timing.py without what it corrects in whole segments. */
async function timeWords(
  listener: WindowListener,
  decoder: DecodingState,
  heard: {
    readonly tokens: readonly number[];
    readonly plan: DecodingPlan;
    readonly frameCount: number;
  },
): Promise<HypothesisWord[]> {
  const { options, loaded } = listener;
  const { tokenizer } = loaded.description;
  const textTokens = heard.tokens.filter((token) => tokenizer.isText(token));
  if (textTokens.length === 0) return [];
  const alignment = listener.alignmentOptions(heard.plan, heard.frameCount);
  const timings = await findAlignment(decoder, textTokens, alignment);
  return mergePunctuations(timings, options.prependPunctuations, options.appendPunctuations)
    .filter(({ word }) => word !== "")
    .map(({ word, tokens, start, end, probability }) => {
      // Before the audio is where whisper puts the words of a single position.
      const timing = { start: Math.max(0, start), end: Math.max(0, end), probability };
      return { text: word, tokens, timing };
    });
}
