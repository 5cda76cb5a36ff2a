import type { AlignmentHead } from "../checkpoint/generation-config.ts";
import type { Decoder } from "./decoder.ts";
import type { KeyValueCache } from "./key-value-cache.ts";
import type { Logits } from "./logits.ts";

/** What a pass over known tokens is to tell. */
export interface AlignmentPass {
  /** Heads of cross-attention whose scores are wanted, by layer. */
  readonly heads: readonly AlignmentHead[];
  /** How many encoder positions to look at, from the first. */
  readonly positions: number;
  /**
   * Called for each head, in their order: scores F32 [tokens, positions], queries times keys over the
   * square root of the head's size, up to a constant for each token. Valid during the call.
   */
  readonly onScores: (scores: Float32Array) => void;
  /** Tokens (indices) whose logits are wanted. */
  readonly rows: readonly number[];
  /** Called for each of `rows`, in their order. Valid during the call. */
  readonly onLogits: (logits: Logits, row: number) => void;
  /** Called between pieces of work; may yield, may throw to stop. */
  readonly onStep: () => Promise<void>;
}

/** Rows of logits that are computed at a time. */
const LOGIT_ROWS = 16;

/**
 * Runs the decoder over all tokens at once and shows what alignment needs on the way. Nothing of the
 * pass is remembered.
 *
 * @param crossCaches the audio's keys and values, for each layer
 * @throws RangeError for more positions than the audio has
 */
export async function runAlignmentPass(
  decoder: Decoder,
  crossCaches: readonly KeyValueCache[],
  tokens: readonly number[],
  pass: AlignmentPass,
): Promise<void> {
  const { kernels, config, layers } = decoder;
  const { heap } = kernels;
  const rowCount = tokens.length;
  const { length } = crossCaches[0]!;
  if (pass.positions > length) {
    throw new RangeError(`positions: expected at most ${length}, found ${pass.positions}.`);
  }
  const mark = heap.mark();
  try {
    const stream = heap.allocateF32(rowCount * config.width);
    decoder.embed(tokens, 0, stream);
    for (const [i, layer] of layers.entries()) {
      const crossCache = crossCaches[i]!;
      const heads = pass.heads.filter(([index]) => index === i).map(([, head]) => head);
      const run = (cache: KeyValueCache) => [{ cache, rows: rowCount }];
      const inner = heap.mark();
      const selfCache = decoder.createCache(rowCount);
      layer.apply(stream, rowCount, run(selfCache), run(crossCache), (queries) => {
        for (const head of heads) showScores(decoder, crossCache, queries, rowCount, head, pass);
      });
      heap.release(inner);
      await pass.onStep();
    }
    await showLogits(decoder, stream, pass);
  } finally {
    heap.release(mark);
  }
}

/** queries: F32 [rows, width]. */
function showScores(
  { kernels: { heap }, config }: Decoder,
  cache: KeyValueCache,
  queries: number,
  rows: number,
  head: number,
  { positions, onScores }: AlignmentPass,
): void {
  const mark = heap.mark();
  const output = heap.allocateF32(rows * positions);
  cache.score(queries, rows, config.width, head, positions, output);
  const scores = heap.f32(output, rows * positions);
  const scale = 1 / Math.sqrt(config.width / config.decoder.heads);
  for (let i = 0; i < scores.length; i++) scores[i]! *= scale;
  onScores(scores);
  heap.release(mark);
}

/** stream: F32 [tokens, width], as it left the last layer. */
async function showLogits(
  { kernels, config, embedding }: Decoder,
  stream: number,
  { rows, onLogits, onStep }: AlignmentPass,
): Promise<void> {
  const output = kernels.heap.allocateF32(LOGIT_ROWS * embedding.logitStride);
  for (let from = 0; from < rows.length; from += LOGIT_ROWS) {
    const some = rows.slice(from, from + LOGIT_ROWS);
    const pointers = some.map((row) => stream + row * config.width * 4);
    for (const [i, logits] of embedding.logits(pointers, output).entries()) {
      onLogits(logits, some[i]!);
    }
    await onStep();
  }
}
