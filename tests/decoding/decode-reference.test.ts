import { expect, it } from "vitest";
import { describeModel, type ModelDescription } from "../../src/checkpoint/model-description.ts";
import { searchBeams } from "../../src/decoding/beam-search.ts";
import { compressionRatio } from "../../src/decoding/compression-ratio.ts";
import {
  planDecoding,
  resolveLanguage,
  sequencesNeeded,
} from "../../src/decoding/decoding-plan.ts";
import { detectLanguage } from "../../src/decoding/detect-language.ts";
import { runSearches, type SearchedWindow } from "../../src/decoding/run-searches.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { DecodingOptions, Task } from "../../src/options/options.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";
import { decodeOne } from "./decode-one.ts";

/** OpenAI's DecodingOptions, those that differ from its defaults. */
interface ReferenceOptions {
  readonly language?: string;
  readonly task?: Task;
  readonly without_timestamps?: boolean;
  readonly prompt?: number[];
  readonly prefix?: number[];
  readonly sample_len?: number;
  readonly suppress_blank?: boolean;
  readonly max_initial_timestamp?: number | null;
  readonly suppress_tokens?: string;
  readonly beam_size?: number;
  readonly patience?: number;
  readonly length_penalty?: number;
}

interface ReferenceCase {
  readonly name: string;
  readonly options: ReferenceOptions;
  readonly initial_tokens: number[];
  readonly tokens: number[];
  readonly text: string;
  readonly language: string;
  readonly avg_logprob: number;
  readonly sum_logprob: number;
  readonly no_speech_prob: number;
  readonly compression_ratio: number;
  /** Of a beam search: all that were ranked. */
  readonly candidates?: { readonly tokens: number[]; readonly sum_logprob: number }[];
}

/** OpenAI's DecodingOptions in our names. */
function toOptions(
  { options }: ReferenceCase,
  { generation, tokenizer }: ModelDescription,
): DecodingOptions {
  const suppress = options.suppress_tokens;
  const timestamps = Array.from(
    { length: tokenizer.vocabSize - tokenizer.special.timestampBegin! },
    (_, i) => tokenizer.special.timestampBegin! + i,
  );
  const suppressTokens = suppress
    ?.split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      if (part === "-1") return generation.suppressTokens;
      return part === "+timestamps" ? timestamps : [Number(part)];
    });
  return {
    timestamps: options.without_timestamps ? "none" : "segment",
    ...(options.language && { language: options.language }),
    ...(options.task && { task: options.task }),
    ...(options.prompt && { prompt: options.prompt }),
    ...(options.prefix && { prefix: options.prefix }),
    ...(options.sample_len && { maxTokens: options.sample_len }),
    ...(options.suppress_blank !== undefined && { suppressBlank: options.suppress_blank }),
    ...(options.max_initial_timestamp !== undefined && {
      maxInitialTimestamp: options.max_initial_timestamp,
    }),
    ...(suppressTokens !== undefined && { suppressTokens }),
    temperature: 0,
    ...(options.beam_size && { beamSize: options.beam_size }),
    ...(options.patience && { patience: options.patience }),
    ...(options.length_penalty !== undefined && { lengthPenalty: options.length_penalty }),
  };
}

async function encodeClip(name: string) {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath(`models/${name}`));
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config);
  const logMel = kernels.heap.copyF32(referenceLogMel());
  const audio = await model.encoder.encode(logMel, 3000, async () => {});
  return {
    description,
    open: (sequences = 1) => new DecodingState(model.decoder, audio, { sequences }),
  };
}

/**
 * PyTorch sums the exponentials of a row in float32, in eight partial sums: of 51,865 so much is lost
 * that each log-probability comes out about this much too high. (Summed so, ours agree to 2e-5.)
 */
const MANY_ROUNDING = 5e-6;

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "decoding one window against OpenAI's: %s",
  (name) => {
    const reference = referenceJson(`refs/${name}/decode.json`);
    const cases: ReferenceCase[] = reference.cases;

    it.each(cases.map((each) => [each.name, each] as const))("%s", async (_, expected) => {
      const { description, open } = await encodeClip(name);
      const { tokenizer, generation } = description;
      const options = toOptions(expected, description);
      const decoder = open(sequencesNeeded(options));
      /** Of sums of log-probabilities. */
      const tolerance = ({ tokens }: { readonly tokens: readonly number[] }) => {
        return 1e-4 + (decoder.vocabSize > 50000 ? MANY_ROUNDING * (tokens.length + 1) : 0);
      };
      const language =
        resolveLanguage(options, tokenizer, generation) ??
        detectLanguage(decoder, tokenizer.special.startOfTranscript, tokenizer.languages).language;
      expect(language).toBe(expected.language);
      const plan = planDecoding(options, language, tokenizer, generation);
      // Where the language is detected, the reference notes the prompt of before the detection.
      if (options.language) expect(plan.initialTokens).toEqual(expected.initial_tokens);
      const window = await decodeOne(decoder, plan);
      expect(window.tokens).toEqual(expected.tokens);
      // The reference knows the no-speech token by its newer name only.
      const text = window.text.replaceAll("<|nocaptions|>", "<|nospeech|>");
      expect(text).toBe(expected.text);
      expect(compressionRatio(text)).toBeCloseTo(expected.compression_ratio, 7);
      if (text === window.text) expect(window.compressionRatio).toBe(compressionRatio(text));
      expect(Math.abs(window.sumLogProb - expected.sum_logprob)).toBeLessThan(tolerance(window));
      expect(Math.abs(window.avgLogProb - expected.avg_logprob)).toBeLessThan(1e-4);
      expect(Math.abs(window.noSpeechProb - expected.no_speech_prob)).toBeLessThan(1e-4);

      const attempt = plan.attempts[0]!;
      expect(attempt.search).toBe(expected.candidates === undefined ? "greedy" : "beam");
      if (expected.candidates === undefined || attempt.search !== "beam") return;
      const begin: SearchedWindow["begin"] = (context, logits) => {
        return searchBeams(context, logits, attempt);
      };
      const [found] = await runSearches(decoder, [{ window: 0, plan, begin }], async () => {});
      const { candidates } = expected;
      expect(found!.hypotheses.map(({ tokens }) => tokens)).toEqual(
        candidates.map(({ tokens }) => tokens),
      );
      for (const [i, hypothesis] of found!.hypotheses.entries()) {
        const difference = Math.abs(hypothesis.sumLogProb - candidates[i]!.sum_logprob);
        expect(difference).toBeLessThan(tolerance(hypothesis));
      }
    });

    it("language probabilities", async () => {
      const { description, open } = await encodeClip(name);
      const { tokenizer, generation } = description;
      const probabilities = Object.entries(reference.language_probabilities ?? {});
      expect(generation.isMultilingual).toBe(probabilities.length > 0);
      if (!generation.isMultilingual) return;
      const detected = detectLanguage(
        open(),
        tokenizer.special.startOfTranscript,
        tokenizer.languages,
      );
      expect(detected.language).toBe(probabilities[0]![0]);
      expect([...detected.probabilities.keys()].sort()).toEqual(
        probabilities.map(([code]) => code).sort(),
      );
      for (const [code, probability] of probabilities) {
        expect(Math.abs(detected.probabilities.get(code)! - (probability as number))).toBeLessThan(
          1e-4,
        );
      }
    });
  },
);
