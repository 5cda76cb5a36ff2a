import { ModelError } from "../errors.ts";
import { type FeatureConfig, parseFeatureConfig } from "../features/feature-config.ts";
import { type GenerationConfig, parseGenerationConfig } from "../model/generation-config.ts";
import { type ModelConfig, parseModelConfig } from "../model/model-config.ts";
import type { ModelSource } from "../model/model-source.ts";
import { createTokenizer, type Tokenizer } from "../tokenizer/tokenizer.ts";

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
  const configJson = await requiredJson(source, "config.json");
  const config = parseModelConfig(configJson);
  const generation = parseGenerationConfig(await source.json("generation_config.json"), configJson);
  const features = parseFeatureConfig(await requiredJson(source, "preprocessor_config.json"));
  if (features.melBins !== config.melBins) {
    const [expected, found] = [config.melBins, features.melBins];
    throw new ModelError(
      `preprocessor_config.json: feature_size: expected ${expected} (num_mel_bins of config.json), found ${found}.`,
      { file: "preprocessor_config.json", expected, found },
    );
  }
  return { config, generation, features, tokenizer: await readTokenizer(source, config.vocabSize) };
}

async function readTokenizer(source: ModelSource, vocabSize: number): Promise<Tokenizer> {
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

function missingFile(source: ModelSource, file: string): ModelError {
  return new ModelError(
    `${source.name}: expected ${file}, found no such file. Give the folder of a Whisper model in the Hugging Face layout.`,
    { file, expected: file, found: null },
  );
}
