import type { WeightsKind } from "../options/options.ts";

export type RotatedBits = 8 | 4;

/**
 * Bits of a linear layer's rotated weights, by its name in the checkpoint, where nothing was measured.
 * In an int4 model the token embedding, which is also what projects to logits, stays int8: it suffers
 * most from rounding (`npm run bench -- quality`: without it int4 is a third further from float32).
 */
export function rotatedBits(kind: Exclude<WeightsKind, "f32">, layer: string): RotatedBits {
  return kind === "int8" || /^(decoder\.embed_tokens|proj_out)$/.test(layer) ? 8 : 4;
}
