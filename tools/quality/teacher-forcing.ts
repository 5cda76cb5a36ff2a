/** Windows of audio through a model by hand, and the texts that it is made to say of them. */

import { computeLogMel } from "../../src/features/log-mel.ts";
import { DecodingState } from "../../src/model/decoding-state.ts";
import type { Logits } from "../../src/model/logits.ts";
import type { LoadedModel } from "../../src/transcription/window-pipeline.ts";

/** What of a loaded model is used here. */
interface Loaded extends Pick<LoadedModel, "kernels" | "model"> {
  readonly description: Pick<LoadedModel["description"], "features">;
}

/** Probabilities below e^-20 add nothing that counts: 2e-9 each before the logarithm. */
const LEAST_LOG = -20;

/**
 * The encoder's output of at most a window of samples, F32 [positions, width].
 *
 * @param padTo "window": silence up to its full length, as Whisper's `decode` has it
 * @throws the signal's reason within one layer of its abort
 */
export async function encodeSamples(
  { kernels, description, model }: Loaded,
  samples: Float32Array,
  padTo: "none" | "window",
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { heap } = kernels;
  const mark = heap.mark();
  try {
    const logMel = computeLogMel(kernels, samples, description.features, { padTo });
    const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {
      signal?.throwIfAborted();
    });
    return heap.f32(audio.pointer, audio.positions * model.config.width).slice();
  } finally {
    heap.release(mark);
  }
}

/**
 * Opens a decoder of an encoded window, F32 [positions, width]. The state is valid while `work` runs.
 *
 * @param options `sequences` of tokens side by side; `logitRows`: most of them asked for in one pass
 */
export async function withDecoder<T>(
  { kernels, model }: Pick<Loaded, "kernels" | "model">,
  encoded: Float32Array,
  options: { readonly sequences?: number; readonly logitRows: number },
  work: (state: DecodingState) => T | Promise<T>,
): Promise<T> {
  const { heap } = kernels;
  const mark = heap.mark();
  try {
    const positions = encoded.length / model.config.width;
    const audio = { pointer: heap.copyF32(encoded), positions };
    return await work(new DecodingState(model.decoder, audio, options));
  } finally {
    heap.release(mark);
  }
}

/**
 * Feeds the decoder tokens, whatever it would have said itself.
 *
 * @param atOnce tokens of one pass: a product with one row rounds otherwise than one with several
 * @param next sees what the model expects behind token `first` + `index`, valid during the call
 */
export function forceTokens(
  state: DecodingState,
  tokens: readonly number[],
  first: number,
  next: (index: number, logits: Logits) => void,
  atOnce = tokens.length,
): void {
  state.reset();
  for (let at = 0; at < tokens.length; at += atOnce) {
    const piece = tokens.slice(at, at + atOnce);
    const rows = [...piece.keys()].filter((row) => at + row >= first);
    for (const [i, logits] of state.feed(piece, rows).entries())
      next(at + rows[i]! - first, logits);
  }
}

/** Natural logarithms of the next token's probabilities, [vocabSize]. */
export function logProbabilities(logits: Logits): Float32Array {
  const total = logits.logSumExp();
  return logits.values.map((logit) => logit - total);
}

/**
 * KL(reference || model) in nats.
 *
 * @param expected log-probabilities of the reference, rounded to float32
 * @param logits of the model, of which `total` is the log of the sum of their exponentials
 */
export function klDivergence(expected: Float32Array, logits: Float32Array, total: number): number {
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const reference = expected[i]!;
    if (reference < LEAST_LOG) continue;
    // Rounded as the reference's are, so that equal models are 0 apart.
    sum += Math.exp(reference) * (reference - Math.fround(logits[i]! - total));
  }
  return Math.max(sum, 0);
}
