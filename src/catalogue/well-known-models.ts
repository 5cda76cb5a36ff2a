import { languageNames } from "../tokenizer/languages.ts";
import { type ModelShape, type ModelSizes, modelSizes, type StoredDtype } from "./model-sizes.ts";

/** A checkpoint that has a short name. Any other Hugging Face id or URL loads just as well. */
export interface WellKnownModel {
  /** May be given in place of the id; so may the aliases. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** On Hugging Face. */
  readonly id: string;
  /** Code of the one language it is for; null for a model of many. */
  readonly language: string | null;
  readonly shape: ModelShape;
  /** How the hub stores it. */
  readonly stored: StoredDtype;
  readonly sizes: ModelSizes;
}

type Size = Omit<ModelShape, "vocabSize">;

/** whisper/model.py, ModelDimensions; the distilled ones by their config.json. */
const tiny = { width: 384, encoderLayers: 4, decoderLayers: 4, melBins: 80 };
const base = { width: 512, encoderLayers: 6, decoderLayers: 6, melBins: 80 };
const small = { width: 768, encoderLayers: 12, decoderLayers: 12, melBins: 80 };
const medium = { width: 1024, encoderLayers: 24, decoderLayers: 24, melBins: 80 };
const large = { width: 1280, encoderLayers: 32, decoderLayers: 32, melBins: 128 };
const turbo = { ...large, decoderLayers: 4 };
const distilSmall = { ...small, decoderLayers: 4 };
const distilMedium = { ...medium, decoderLayers: 2 };
const distilLarge = { ...large, decoderLayers: 2 };

/** Tokens of the English vocabulary, of the multilingual one, and of large-v3's, with Cantonese. */
const ENGLISH = 51864;
const MULTILINGUAL = 51865;
const CANTONESE = 51866;

/**
 * Well-known checkpoints, the smallest of each family first. OpenAI's are stored in F32 up to medium
 * and in F16 from large-v3 on: the lengths of the hub's files are held by a test. Of the others it is
 * taken from their pages, and unverified for the three distilled ones and for ivrit-ai's turbo.
 */
export const wellKnownModels: readonly WellKnownModel[] = [
  model("tiny", "openai/whisper-tiny", null, tiny, MULTILINGUAL, "F32"),
  model("tiny.en", "openai/whisper-tiny.en", "en", tiny, ENGLISH, "F32"),
  model("base", "openai/whisper-base", null, base, MULTILINGUAL, "F32"),
  model("base.en", "openai/whisper-base.en", "en", base, ENGLISH, "F32"),
  model("small", "openai/whisper-small", null, small, MULTILINGUAL, "F32"),
  model("small.en", "openai/whisper-small.en", "en", small, ENGLISH, "F32"),
  model("medium", "openai/whisper-medium", null, medium, MULTILINGUAL, "F32"),
  model("medium.en", "openai/whisper-medium.en", "en", medium, ENGLISH, "F32"),
  model("large-v3-turbo", "openai/whisper-large-v3-turbo", null, turbo, CANTONESE, "F16", "turbo"),
  model("large-v3", "openai/whisper-large-v3", null, large, CANTONESE, "F16", "large"),
  model("distil-small.en", "distil-whisper/distil-small.en", "en", distilSmall, ENGLISH, "F16"),
  model("distil-medium.en", "distil-whisper/distil-medium.en", "en", distilMedium, ENGLISH, "F16"),
  model("distil-large-v3", "distil-whisper/distil-large-v3", "en", distilLarge, CANTONESE, "F16"),
  model("ivrit-turbo", "ivrit-ai/whisper-large-v3-turbo", "he", turbo, CANTONESE, "F32"),
  model("ivrit-large-v3", "ivrit-ai/whisper-large-v3", "he", large, CANTONESE, "F32"),
];

/** By its short name, an alias, or its id; undefined for any other. */
export function findWellKnownModel(name: string): WellKnownModel | undefined {
  return wellKnownModels.find((model) => {
    return model.name === name || model.id === name || model.aliases.includes(name);
  });
}

/** "English", or how many languages a model knows. */
export function describeLanguages({ language, shape }: WellKnownModel): string {
  if (language === null) return `${99 + shape.vocabSize - MULTILINGUAL} languages`;
  const name = languageNames.get(language)!;
  return name[0]!.toUpperCase() + name.slice(1);
}

function model(
  name: string,
  id: string,
  language: string | null,
  size: Size,
  vocabSize: number,
  stored: StoredDtype,
  ...aliases: readonly string[]
): WellKnownModel {
  const shape = { ...size, vocabSize };
  return { name, aliases, id, language, shape, stored, sizes: modelSizes(shape, stored) };
}
