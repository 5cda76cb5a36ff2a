import { type DecodedWindow, decodeWithFallback } from "../../src/decoding/decode-windows.ts";
import type { DecodingPlan } from "../../src/decoding/decoding-plan.ts";
import type { StepListener } from "../../src/decoding/run-searches.ts";
import type { WindowDecoder } from "../../src/decoding/window-decoder.ts";

/** Decodes the decoder's first window alone. */
export async function decodeOne(
  decoder: WindowDecoder,
  plan: DecodingPlan,
  { position = 0, ...hooks }: { position?: number; onStep?: StepListener } = {},
): Promise<DecodedWindow> {
  const windows = await decodeWithFallback(decoder, [plan], { ...hooks, positions: [position] });
  return windows[0]!;
}
