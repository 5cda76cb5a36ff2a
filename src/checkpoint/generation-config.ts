import { JsonFields } from "../json-fields.ts";

/** A head of the decoder's cross-attention; both counts from 0. */
export type AlignmentHead = readonly [layer: number, head: number];

/** What the model's own files say about decoding. */
export interface GenerationConfig {
  /** Prompts carry a language and a task token. */
  readonly isMultilingual: boolean;
  /** Ids never to be sampled; empty switches the rule off. */
  readonly suppressTokens: readonly number[];
  /** Ids that may not come first; null where the files say nothing. */
  readonly beginSuppressTokens: readonly number[] | null;
  /** n_text_ctx: most tokens that the decoder holds. */
  readonly contextLength: number;
  /** Heads of cross-attention that tell when a token is spoken; by layer and head, at least one. */
  readonly alignmentHeads: readonly AlignmentHead[];
}

/** From this vocabulary size on OpenAI's code takes a model for multilingual (whisper/model.py). */
const MULTILINGUAL_VOCABULARY = 51865;

/**
 * Joins generation_config.json (null where the model has none) and config.json, which older
 * repositories use for the same fields.
 *
 * @throws ModelError that names the file and the field
 */
export function parseGenerationConfig(generation: unknown, config: unknown): GenerationConfig {
  const model = new JsonFields(config, "config.json");
  const vocabSize = model.integer("vocab_size");
  const fields = [
    ...(generation === null ? [] : [new JsonFields(generation, "generation_config.json")]),
    model,
  ];
  const first = <T>(read: (from: JsonFields) => T | undefined): T | undefined => {
    for (const from of fields) {
      const value = read(from);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  return {
    isMultilingual:
      first((from) =>
        from.has("is_multilingual") ? from.boolean("is_multilingual", false) : undefined,
      ) ??
      first((from) => (from.has("lang_to_id") ? true : undefined)) ??
      (vocabSize >= MULTILINGUAL_VOCABULARY ||
        first((from) => hasLongPrompt(from.get("forced_decoder_ids"))) === true),
    suppressTokens: first((from) => from.ids("suppress_tokens", vocabSize)) ?? [],
    beginSuppressTokens: first((from) => from.ids("begin_suppress_tokens", vocabSize)) ?? null,
    contextLength: model.integer("max_target_positions"),
    alignmentHeads: parseAlignmentHeads(fields, model),
  };
}

/** A small multilingual model still forces language, task and no-timestamps, not the last alone. */
function hasLongPrompt(forced: unknown): boolean | undefined {
  return Array.isArray(forced) && forced.length > 0 ? forced.length > 1 : undefined;
}

/**
 * `alignment_heads` of the first of `files` that has it. Heads beyond the decoder are left out:
 * distilled checkpoints keep the list of a parent with more layers. Without any that are left, all
 * heads of the upper half of the decoder's layers (whisper/model.py, alignment_heads).
 *
 * @throws ModelError for what is no list of pairs
 */
function parseAlignmentHeads(
  files: readonly JsonFields[],
  config: JsonFields,
): readonly AlignmentHead[] {
  const layers = config.integer("decoder_layers");
  const heads = config.integer("decoder_attention_heads");
  const source = files.find((file) => isFilled(file.get("alignment_heads")));
  const value = source?.get("alignment_heads") ?? [];
  const isHead = (item: unknown): item is AlignmentHead =>
    Array.isArray(item) && item.length === 2 && item.every(isCount);
  if (!Array.isArray(value) || !value.every(isHead)) {
    throw source!.wrong("alignment_heads", "pairs of a layer and a head, both counted from 0");
  }
  const own = value.filter(([layer, head]) => layer < layers && head < heads);
  if (own.length === 0) return upperHalf(layers, heads);
  // Each once, in the order in which a pass through the layers meets them.
  const unique = new Map(
    own.map(([layer, head]) => [layer * heads + head, [layer, head] as const]),
  );
  return [...unique].sort(([a], [b]) => a - b).map(([, pair]) => pair);
}

function upperHalf(layers: number, heads: number): AlignmentHead[] {
  const from = Math.floor(layers / 2);
  return Array.from({ length: (layers - from) * heads }, (_, i) => {
    return [from + Math.floor(i / heads), i % heads] as const;
  });
}

function isFilled(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
