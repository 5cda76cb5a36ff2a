import { ModelError } from "../errors.ts";
import { JsonFields } from "../json-fields.ts";
import type { EncoderContext, WeightsKind } from "../options/options.ts";

/** The shape of one of Whisper's two transformer stacks. */
export interface StackConfig {
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward layer. */
  readonly feedForward: number;
}

/** What config.json says of the network's shape. */
export interface ModelConfig {
  /** d_model: width of the residual stream. */
  readonly width: number;
  readonly encoder: StackConfig;
  readonly decoder: StackConfig;
  readonly melBins: number;
  /** n_audio_ctx: encoder positions, two log-mel frames each. */
  readonly sourcePositions: number;
  /** n_text_ctx: decoder positions. */
  readonly targetPositions: number;
  readonly vocabSize: number;
  /** The output projection is the token embedding. */
  readonly tiedEmbedding: boolean;
  /** "trimmed": the model was trained on unpadded audio (fwhisper.encoder_context). */
  readonly encoderContext: EncoderContext;
  /** fwhisper.format; 0 where there is no such section. */
  readonly format: number;
  /** What the model was recast to (fwhisper.recast.weights); null when it was not, or is not said. */
  readonly recast: Exclude<WeightsKind, "f32"> | null;
}

/**
 * The newest `fwhisper.format`, and the only one whose rotated matrices are read: format 1 rotated
 * without signs.
 */
export const FORMAT = 2;

/**
 * Reads config.json of a Hugging Face Whisper checkpoint; nothing is known by the model's name.
 *
 * @throws ModelError that names the field when it is no Whisper config or one we cannot run
 */
export function parseModelConfig(json: unknown, file = "config.json"): ModelConfig {
  const fields = new JsonFields(json, file);
  fields.oneOf("model_type", ["whisper"], "whisper");
  fields.oneOf("activation_function", ["gelu"], "gelu");
  if (fields.boolean("scale_embedding", false)) {
    throw fields.wrong("scale_embedding", "false");
  }
  const width = fields.integer("d_model");
  return {
    width,
    encoder: parseStack(fields, "encoder", width),
    decoder: parseStack(fields, "decoder", width),
    melBins: fields.integer("num_mel_bins", 80),
    sourcePositions: fields.integer("max_source_positions"),
    targetPositions: fields.integer("max_target_positions"),
    vocabSize: fields.integer("vocab_size"),
    tiedEmbedding: fields.boolean("tie_word_embeddings", true),
    ...parseSection(fields.get("fwhisper"), file),
  };
}

function parseStack(fields: JsonFields, side: "encoder" | "decoder", width: number): StackConfig {
  const heads = fields.integer(`${side}_attention_heads`);
  if (width % heads !== 0) {
    throw fields.wrong(`${side}_attention_heads`, `a divisor of d_model (${width})`);
  }
  return {
    layers: fields.integer(`${side}_layers`),
    heads,
    feedForward: fields.integer(`${side}_ffn_dim`),
  };
}

/** The `fwhisper` section: what tensors' names cannot say. */
function parseSection(
  section: unknown,
  file: string,
): Pick<ModelConfig, "encoderContext" | "format" | "recast"> {
  if (section === undefined) return { encoderContext: "full", format: 0, recast: null };
  const fields = new JsonFields(section, `${file}, fwhisper`);
  const format = fields.integer("format", FORMAT);
  if (format > FORMAT) {
    throw new ModelError(
      `${file}: fwhisper.format: expected at most ${FORMAT}, found ${format}. Update fwhisper to read this model.`,
      { file, expected: FORMAT, found: format },
    );
  }
  return {
    encoderContext: fields.oneOf("encoder_context", ["full", "trimmed"], "full"),
    format,
    recast: parseRecast(fields.get("recast"), file),
  };
}

function parseRecast(recast: unknown, file: string): ModelConfig["recast"] {
  if (recast === undefined) return null;
  const fields = new JsonFields(recast, `${file}, fwhisper.recast`);
  return fields.oneOf<"int8" | "int4">("weights", ["int8", "int4"], "int8");
}
