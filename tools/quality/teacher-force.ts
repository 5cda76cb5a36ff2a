import { planPrompt } from "../../src/decoding/plan-prompt.ts";
import { computeLogMel } from "../../src/features/log-mel.ts";
import type { DecodingState } from "../../src/model/decoding-state.ts";
import type { Logits } from "../../src/model/logits.ts";
import type { ModelDescription } from "../../src/transcription/model-description.ts";
import type { LoadedModel } from "../../src/transcription/window-listener.ts";

/** Rows of logits that lie in memory at once: 13 MB of Whisper's vocabulary. */
const LOGIT_ROWS = 64;

/** Sees what a model computes of a window; what it is given is valid during the call only. */
export interface ForcedOutputs {
  /** F32 [positions, width]: the encoder's output. */
  encoded(output: Float32Array): void;
  /** What the model expects in the place of token `index`. */
  next(index: number, logits: Logits): void;
}

/**
 * Encodes a window, silence up to its full length, and feeds the decoder the start of a transcript and
 * then `tokens`, whatever it would have said itself.
 *
 * @param samples mono, at the model's sample rate, at most a window
 * @param tokens text, and what ends it
 */
export async function teacherForce(
  { kernels, description, model }: LoadedModel,
  samples: Float32Array,
  tokens: readonly number[],
  outputs: ForcedOutputs,
): Promise<void> {
  const { heap } = kernels;
  const mark = heap.mark();
  try {
    const logMel = computeLogMel(kernels, samples, description.features, { padTo: "window" });
    const audio = await model.encoder.encode(logMel.pointer, logMel.frameCount, async () => {});
    outputs.encoded(heap.f32(audio.pointer, audio.positions * model.config.width));
    const state = model.decoder.open(audio, { logitRows: LOGIT_ROWS });
    feed(state, transcriptPrompt(description), tokens, outputs);
  } finally {
    heap.release(mark);
  }
}

/** The last token is only expected, nothing follows it. */
function feed(
  state: DecodingState,
  prompt: readonly number[],
  tokens: readonly number[],
  outputs: ForcedOutputs,
): void {
  const fed = [...prompt, ...tokens.slice(0, -1)];
  for (let at = 0; at < fed.length; at += LOGIT_ROWS) {
    const piece = fed.slice(at, at + LOGIT_ROWS);
    // The prompt's last token is the first that text follows.
    const first = Math.max(0, prompt.length - 1 - at);
    const rows = piece.map((_, row) => row).slice(first);
    for (const [i, logits] of state.feed(piece, rows).entries()) {
      outputs.next(at + first + i - (prompt.length - 1), logits);
    }
  }
}

/** The tokens before a transcript of English speech without times. */
function transcriptPrompt({ config, generation, tokenizer }: ModelDescription): number[] {
  const facts = { ...generation, contextLength: config.targetPositions };
  return planPrompt({}, "en", tokenizer, facts, 0).initialTokens;
}
