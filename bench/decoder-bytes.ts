import { INT4_GROUP } from "../src/linear/rotated-storage.ts";
import type { WeightsKind } from "./protocol.ts";
import { configOf, type ShapeName } from "./shapes.ts";

/** Bytes that a product with one row reads: int8 with a scale and a sum a row, int4 with its scales. */
export function bytesOfMatrix(kind: WeightsKind, inputs: number, outputs: number): number {
  if (kind === "f32") return 4 * inputs * outputs;
  if (kind === "int8") return inputs * outputs + 8 * outputs;
  return (inputs / 2) * outputs + (4 / INT4_GROUP) * inputs * outputs;
}

/**
 * What one decoder step has to read at least, in bytes: every matrix once (of the cross-attention,
 * which is int8 in an int4 model, the query and output matrices: keys and values of the
 * are made once a window), and the caches with `tokens` in them, of one byte a number where weights are of so few.
 */
export function bytesPerToken(
  shape: ShapeName,
  kind: WeightsKind,
  tokens: number,
): { weights: number; caches: number } {
  const config = configOf(shape);
  const width = config.d_model;
  const inner = config.decoder_ffn_dim;
  const matrix = (inputs: number, outputs: number) => bytesOfMatrix(kind, inputs, outputs);
  const cross = bytesOfMatrix(kind === "int4" ? "int8" : kind, width, width);
  const layer = 4 * matrix(width, width) + 2 * cross + matrix(width, inner) + matrix(inner, width);
  const position = 2 * width * (kind === "f32" ? 4 : 1);
  return {
    weights: config.decoder_layers * layer + matrix(width, config.vocab_size),
    caches: config.decoder_layers * position * (config.max_source_positions + tokens),
  };
}
