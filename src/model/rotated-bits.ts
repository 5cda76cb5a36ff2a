import type { WeightsKind } from "../options.ts";

export type RotatedBits = 8 | 4;

/**
 * Bits of a linear layer's rotated weights, by its name in the checkpoint. In an int4 model the
 * decoder's cross-attention stays int8: it finds the place in the audio, and suffers most from
 * rounding (with it in int4 the embedded model has 61 of 930 digits wrong, with it in int8 56, in
 * float32 55), for few of the bytes.
 */
export function rotatedBits(kind: Exclude<WeightsKind, "f32">, layer: string): RotatedBits {
  return kind === "int8" || layer.includes(".encoder_attn.") ? 8 : 4;
}
