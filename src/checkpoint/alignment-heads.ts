import type { JsonFields } from "../json-fields.ts";

/** A head of the decoder's cross-attention; both counts from 0. */
export type AlignmentHead = readonly [layer: number, head: number];

/**
 * `alignment_heads` of the first of `files` that has it. Without any, all heads of the upper half of
 * the decoder's layers (whisper/model.py, alignment_heads).
 *
 * @throws ModelError for heads that the decoder of `config` has not
 */
export function parseAlignmentHeads(
  files: readonly JsonFields[],
  config: JsonFields,
): readonly AlignmentHead[] {
  const layers = config.integer("decoder_layers");
  const heads = config.integer("decoder_attention_heads");
  const source = files.find((file) => isFilled(file.get("alignment_heads")));
  if (source === undefined) return upperHalf(layers, heads);
  const value = source.get("alignment_heads");
  const isHead = (item: unknown): item is AlignmentHead =>
    Array.isArray(item) && item.length === 2 && isBelow(item[0], layers) && isBelow(item[1], heads);
  if (!Array.isArray(value) || !value.every(isHead)) {
    const expected = `pairs of a layer (0 to ${layers - 1}) and a head (0 to ${heads - 1})`;
    throw source.wrong("alignment_heads", expected);
  }
  // Each once, in the order in which a pass through the layers meets them.
  const unique = new Map(
    value.map(([layer, head]) => [layer * heads + head, [layer, head] as const]),
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

function isBelow(value: unknown, limit: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < limit;
}
