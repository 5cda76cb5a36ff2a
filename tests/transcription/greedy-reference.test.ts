import { expect, it } from "vitest";
import { decodeWindow } from "../../src/decoding/decode-window.ts";
import { planDecoding, resolveLanguage } from "../../src/decoding/decoding-plan.ts";
import { detectLanguage } from "../../src/decoding/detect-language.ts";
import { loadModel } from "../../src/model/load-model.ts";
import type { DecodingOptions, Task } from "../../src/options.ts";
import { describeModel, type ModelDescription } from "../../src/transcription/model-description.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { openModelFolder } from "../../tools/node/model-folder.ts";
import { describeWithReference, referenceJson, referencePath } from "../fixtures/reference.ts";
import { referenceLogMel } from "../fixtures/reference-mel.ts";

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
}

interface ReferenceCase {
  readonly name: string;
  readonly options: ReferenceOptions;
  readonly initial_tokens: number[];
  readonly tokens: number[];
  readonly text: string;
  readonly language: string;
  readonly avg_logprob: number;
  readonly no_speech_prob: number;
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
  };
}

async function encodeClip(name: string) {
  const kernels = await instantiateNodeKernels();
  const source = openModelFolder(referencePath(`models/${name}`));
  const description = await describeModel(source);
  const model = await loadModel(kernels, source, description.config);
  const logMel = kernels.heap.copyF32(referenceLogMel());
  const audio = await model.encoder.encode(logMel, 3000, async () => {});
  return { description, decoder: model.decoder.open(audio) };
}

describeWithReference.each(["multi-d32-f16", "en-d64-f32", "multi-d192-f16-v3"])(
  "greedy decoding against OpenAI's: %s",
  (name) => {
    const reference = referenceJson(`refs/${name}/decode.json`);
    const cases: ReferenceCase[] = reference.cases.filter(({ name }: ReferenceCase) => {
      return name.startsWith("greedy");
    });

    it.each(cases.map((each) => [each.name, each] as const))("%s", async (_, expected) => {
      const { description, decoder } = await encodeClip(name);
      const { tokenizer, generation, config } = description;
      const options = toOptions(expected, description);
      const facts = { ...generation, contextLength: config.targetPositions };
      const language =
        resolveLanguage(options, tokenizer, facts) ??
        detectLanguage(decoder, tokenizer.special.startOfTranscript, tokenizer.languages).language;
      expect(language).toBe(expected.language);
      const plan = planDecoding(options, language, tokenizer, facts);
      // Where the language is detected, the reference notes the prompt of before the detection.
      if (options.language) expect(plan.initialTokens).toEqual(expected.initial_tokens);
      const window = await decodeWindow(decoder, plan, async () => {});
      expect(window.tokens).toEqual(expected.tokens);
      // The reference knows the no-speech token by its newer name only.
      const text = tokenizer.decode(window.tokens).replaceAll("<|nocaptions|>", "<|nospeech|>");
      expect(text.trim()).toBe(expected.text);
      expect(Math.abs(window.avgLogProb - expected.avg_logprob)).toBeLessThan(1e-4);
      expect(Math.abs(window.noSpeechProb - expected.no_speech_prob)).toBeLessThan(1e-4);
    });

    it("language probabilities", async () => {
      const { description, decoder } = await encodeClip(name);
      const { tokenizer, generation } = description;
      const probabilities = Object.entries(reference.language_probabilities ?? {});
      expect(generation.isMultilingual).toBe(probabilities.length > 0);
      if (!generation.isMultilingual) return;
      const detected = detectLanguage(
        decoder,
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
