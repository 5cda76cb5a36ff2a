import { ModelError } from "../errors.ts";
import { type FeatureConfig, parseFeatureConfig } from "../features/feature-config.ts";
import { JsonFields } from "../json-fields.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";
import { type GenerationConfig, parseGenerationConfig } from "./generation-config.ts";
import { type ModelConfig, parseModelConfig } from "./model-config.ts";
import { type ModelSource, missingFile } from "./model-source.ts";

/** Everything a model's small files say; its weights apart. */
export interface ModelDescription {
  readonly config: ModelConfig;
  readonly generation: GenerationConfig;
  readonly features: FeatureConfig;
  readonly tokenizer: Tokenizer;
}

/**
 * Reads and checks the JSON files of a model.
 *
 * @throws ModelError or TokenizerError that names the file and what is wrong in it
 */
export async function describeModel(source: ModelSource): Promise<ModelDescription> {
  const { config, generation } = await readConfig(source);
  const features = await readFeatures(source, config);
  return { config, generation, features, tokenizer: await readTokenizer(source, config.vocabSize) };
}

/** config.json, and generation_config.json where there is one. */
export async function readConfig(
  source: ModelSource,
): Promise<{ config: ModelConfig; generation: GenerationConfig }> {
  const json = await requiredJson(source, "config.json");
  const config = parseModelConfig(json);
  const generation = parseGenerationConfig(await source.json("generation_config.json"), json);
  return { config, generation };
}

/**
 * preprocessor_config.json, or the part of processor_config.json that transformers 5 saves instead;
 * checked against `config` unless that is null.
 */
export async function readFeatures(
  source: ModelSource,
  config: ModelConfig | null,
): Promise<FeatureConfig> {
  const features = await parseFeatures(source);
  if (config !== null) checkWindow(features, config);
  return features;
}

async function parseFeatures(source: ModelSource): Promise<FeatureConfig> {
  const json = await source.json("preprocessor_config.json");
  if (json !== null) return parseFeatureConfig(json);
  const processor = await source.json("processor_config.json");
  if (processor === null) throw missingFile(source, "preprocessor_config.json");
  const part = new JsonFields(processor, "processor_config.json").get("feature_extractor");
  return parseFeatureConfig(part, "processor_config.json, feature_extractor");
}

/** The log-mel of a whole window must be what the encoder has mel bins and positions for. */
function checkWindow(features: FeatureConfig, config: ModelConfig): void {
  const facts = [
    ["feature_size", "num_mel_bins", config.melBins, features.melBins],
    [
      "nb_max_frames",
      "max_source_positions * 2",
      2 * config.sourcePositions,
      features.windowFrames,
    ],
  ] as const;
  for (const [field, source, expected, found] of facts) {
    if (expected === found) continue;
    throw new ModelError(
      `preprocessor_config.json: ${field}: expected ${expected} (${source} of config.json), found ${found}. The two files are not of one model.`,
      { file: "preprocessor_config.json", field, expected, found },
    );
  }
}

/** tokenizer.json, else vocab.json, merges.txt and added_tokens.json. */
export async function readTokenizer(source: ModelSource, vocabSize: number): Promise<Tokenizer> {
  const tokenizerJson = await source.json("tokenizer.json");
  if (tokenizerJson !== null) return createTokenizer({ tokenizerJson }, { vocabSize });
  const vocab = await requiredJson(source, "vocab.json");
  const merges = await source.text("merges.txt");
  if (merges === null) throw missingFile(source, "merges.txt");
  const addedTokens = (await source.json("added_tokens.json")) ?? undefined;
  return createTokenizer({ vocab, merges, addedTokens }, { vocabSize });
}

async function requiredJson(source: ModelSource, file: string): Promise<unknown> {
  const json = await source.json(file);
  if (json === null) throw missingFile(source, file);
  return json;
}
