import { findAlignment, type WordTiming } from "../alignment/find-alignment.ts";
import { mergePunctuations } from "../alignment/merge-punctuations.ts";
import type { DecodingState } from "../model/decoding-state.ts";
import type { DecodingOptions } from "../options/options.ts";
import { Progress } from "../transcription/progress.ts";
import { type LoadedModel, WindowPipeline } from "../transcription/window-pipeline.ts";
import type { CaptionHypothesis, Hypothesise } from "./caption-hypothesis.ts";
import { type FoundLanguage, LiveLanguage } from "./live-language.ts";

/** Text below this average log-probability tells nothing of its language. */
const LEAST_LOG_PROB = -1;

/**
 * Recognises the few seconds that a live caption is made of, again and again: as one window, all that
 * is decoded kept, with the time of each word. A language that was not given is that of each hypothesis
 * until it is sure (live-language.ts).
 *
 * @param seconds of wall clock: what hypotheses take is added
 * @throws OptionError for options that are impossible with this model
 */
export function createHypothesise(
  loaded: LoadedModel,
  options: DecodingOptions,
  seconds: Record<"features" | "encode" | "decode", number>,
): Hypothesise {
  const openPipeline = (options: DecodingOptions, signal: AbortSignal) => {
    return new WindowPipeline(loaded, options, new Progress({ signal }));
  };
  openPipeline(options, new AbortController().signal); // refuses the impossible before there is audio
  const live = new LiveLanguage();
  const { sampleRate } = loaded.description.features;
  return async ({ samples, prompt }, signal) => {
    const language = options.language ?? live.kept;
    const pipeline = openPipeline({ ...options, ...(language && { language }) }, signal);
    const hypothesis = await recogniseCaption(pipeline, samples, prompt);
    const heard = {
      seconds: samples.length / sampleRate,
      isProbable: hypothesis.words.length > 0 && hypothesis.quality.avgLogProb > LEAST_LOG_PROB,
    };
    const detected = live.learn(foundBy(pipeline), heard);
    for (const stage of ["features", "encode", "decode"] as const) {
      seconds[stage] += pipeline.seconds[stage];
    }
    return { ...hypothesis, detected };
  };
}

function foundBy({ detection }: WindowPipeline): FoundLanguage | null {
  if (detection === null) return null;
  const { language, probabilities } = detection;
  return { language, probability: probabilities.get(language)! };
}

async function recogniseCaption(
  pipeline: WindowPipeline,
  samples: Float32Array,
  text: string,
): Promise<Omit<CaptionHypothesis, "detected">> {
  const { features, tokenizer } = pipeline.loaded.description;
  using windows = await pipeline.encode([() => pipeline.computeLogMel(samples)]);
  const { decoder } = windows;
  pipeline.detectLanguage(decoder);
  const request = {
    prompt: promptOf(pipeline, text),
    timestamps: tokenizer.special.timestampBegin !== null,
    seek: 0,
    isFirst: text === "",
  };
  const [decoded] = await pipeline.decode(decoder, [request]);
  const { temperature, avgLogProb, compressionRatio, noSpeechProb } = decoded!;
  const quality = { temperature, avgLogProb, compressionRatio, noSpeechProb };
  const tokens = decoded!.isSpeech ? decoded!.tokens : [];
  const frameCount = Math.floor(samples.length / features.hopLength);
  const words = await timeWords(pipeline, decoder, tokens, frameCount);
  return { words, language: pipeline.language, quality };
}

/** The prompt: the text before, where the model takes one. */
function promptOf({ loaded, initialPrompt, promptOptions }: WindowPipeline, text: string) {
  const { tokenizer } = loaded.description;
  if (text === "") return initialPrompt;
  if (tokenizer.special.startOfPrev === null) return [];
  const carried = promptOptions.carried ? initialPrompt : [];
  const room = promptOptions.conditions ? promptOptions.room - carried.length : 0;
  return [...carried, ...(room > 0 ? tokenizer.encode(text).slice(-room) : [])];
}

/** Words as aligned: those of whisper/timing.py without what it corrects in whole segments. */
async function timeWords(
  pipeline: WindowPipeline,
  decoder: DecodingState,
  tokens: readonly number[],
  frameCount: number,
): Promise<WordTiming[]> {
  const { options, loaded } = pipeline;
  const textTokens = tokens.filter((token) => loaded.description.tokenizer.isText(token));
  const timings = await findAlignment(decoder, textTokens, pipeline.alignmentOptions(frameCount));
  const { prependPunctuations, appendPunctuations } = options;
  const words = mergePunctuations(timings, prependPunctuations, appendPunctuations)
    .filter(({ word }) => word !== "")
    // Before the audio is where whisper puts the words of a single position.
    .map((word) => ({ ...word, start: Math.max(0, word.start), end: Math.max(0, word.end) }));
  // Half a character at the end of what was heard is none.
  return words.at(-1)?.word.includes("\ufffd") ? words.slice(0, -1) : words;
}
