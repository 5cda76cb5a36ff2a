import { OptionError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { CrossAttention, SelfAttention } from "./attention.ts";
import type { EncodedAudio } from "./encoder.ts";
import { FeedForward } from "./feed-forward.ts";
import {
  createKeyValueCache,
  type KeyValueCache,
  type KeyValueCacheKind,
} from "./key-value-cache.ts";
import { Logits } from "./logits.ts";
import type { ModelConfig } from "./model-config.ts";
import { TokenEmbedding } from "./token-embedding.ts";
import type { Weights } from "./weights.ts";

/**
 * Whisper's text decoder (whisper/model.py, TextDecoder): token plus learned position embedding,
 * pre-norm layers of causal self-attention, cross-attention and feed-forward, a last layer norm,
 * logits by the embedding matrix.
 */
export class Decoder {
  readonly kernels: Kernels;
  readonly config: ModelConfig;
  readonly embedding: TokenEmbedding;
  /** F32 [targetPositions, width]. */
  readonly positions: number;
  readonly layers: readonly DecoderLayer[];
  readonly cacheKind: KeyValueCacheKind;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, decoder, targetPositions } = config;
    this.kernels = kernels;
    this.config = config;
    this.embedding = new TokenEmbedding(kernels, weights, config);
    this.positions = weights.matrix("decoder.embed_positions.weight", [targetPositions, width]);
    this.layers = Array.from({ length: decoder.layers }, (_, i) => {
      return new DecoderLayer(kernels, weights, `decoder.layers.${i}`, config);
    });
    this.cacheKind = weights.cacheKind;
  }

  /**
   * Prepares decoding of one window: projects its audio to every layer's cross-attention keys and
   * values. The caches lie on top of the heap: whoever calls marks and releases.
   *
   * @param logitRows most rows of logits that one feeding will ask for
   */
  open(audio: EncodedAudio, logitRows = 2): DecodingState {
    return new DecodingState(this, audio, logitRows);
  }
}

/** The state of decoding one window: which tokens were fed, and what the layers remember of them. */
export class DecodingState {
  /** n_text_ctx: most tokens that can be fed. */
  readonly contextLength: number;
  readonly vocabSize: number;
  readonly #decoder: Decoder;
  readonly #selfCaches: readonly KeyValueCache[];
  readonly #crossCaches: readonly KeyValueCache[];
  /** F32 [logitRows, vocabSize], embedding.logitStride apart. */
  readonly #logits: number;
  readonly #logitRows: number;

  constructor(decoder: Decoder, audio: EncodedAudio, logitRows: number) {
    const { kernels, config, layers, embedding } = decoder;
    const cache = (positions: number) => {
      return createKeyValueCache(
        kernels,
        decoder.cacheKind,
        config.width,
        config.decoder.heads,
        positions,
      );
    };
    this.contextLength = config.targetPositions;
    this.vocabSize = config.vocabSize;
    this.#decoder = decoder;
    this.#logits = kernels.heap.allocateF32(logitRows * embedding.logitStride);
    this.#logitRows = logitRows;
    this.#selfCaches = layers.map(() => cache(config.targetPositions));
    this.#crossCaches = layers.map((layer) => {
      const crossCache = cache(audio.positions);
      layer.crossAttention.remember(audio.pointer, audio.positions, crossCache);
      return crossCache;
    });
  }

  /**
   * Feeds tokens after those fed before.
   *
   * @param rows which of `tokens` (indices) to give logits for, at most as many as the state was
   *   opened for
   * @returns for each of `rows` its logits, which the next feeding overwrites
   * @throws OptionError for an id outside the vocabulary or more tokens than the context holds
   */
  feed(tokens: readonly number[], rows: readonly number[]): Logits[] {
    const { kernels, config, embedding, positions, layers } = this.#decoder;
    const { heap } = kernels;
    const { width } = config;
    const fed = this.#selfCaches[0]!.length;
    this.#check(tokens, fed);
    if (rows.length > this.#logitRows) {
      throw new RangeError(
        `logits: expected at most ${this.#logitRows} rows, found ${rows.length}.`,
      );
    }
    const mark = heap.mark();
    const stream = heap.allocateF32(tokens.length * width);
    for (const [i, token] of tokens.entries()) embedding.lookup(token, stream + i * width * 4);
    kernels.addF32(stream, positions + fed * width * 4, tokens.length * width);
    for (const [i, layer] of layers.entries()) {
      layer.apply(stream, tokens.length, this.#selfCaches[i]!, this.#crossCaches[i]!);
    }
    const hidden = heap.allocateF32(rows.length * width);
    const rowBytes = width * 4;
    for (const [i, row] of rows.entries()) {
      heap.u8(hidden + i * rowBytes, rowBytes).set(heap.u8(stream + row * rowBytes, rowBytes));
    }
    if (rows.length > 0) embedding.logits(hidden, rows.length, this.#logits);
    heap.release(mark);
    const pointer = (i: number) => this.#logits + i * embedding.logitStride * 4;
    return rows.map((_, i) => new Logits(kernels, pointer(i), config.vocabSize));
  }

  /** Forgets every token fed; the audio stays. */
  reset(): void {
    for (const cache of this.#selfCaches) cache.clear();
  }

  #check(tokens: readonly number[], fed: number): void {
    const { vocabSize, contextLength } = this;
    const bad = tokens.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (bad >= 0) {
      const message = `Token ids run from 0 to ${vocabSize - 1}; found ${tokens[bad]}.`;
      throw new OptionError(message, { expected: `0 .. ${vocabSize - 1}`, found: tokens[bad] });
    }
    const total = fed + tokens.length;
    if (total > contextLength) {
      const message = `The model's text context holds ${contextLength} tokens; found ${total}. Give fewer tokens.`;
      throw new OptionError(message, { expected: contextLength, found: total });
    }
  }
}

/** Self-attention, cross-attention and feed-forward, each added to the stream after its norm. */
class DecoderLayer {
  readonly crossAttention: CrossAttention;
  readonly #selfAttention: SelfAttention;
  readonly #feedForward: FeedForward;

  constructor(kernels: Kernels, weights: Weights, name: string, config: ModelConfig) {
    const { width, decoder } = config;
    this.#selfAttention = new SelfAttention(kernels, weights, `${name}.self_attn`, width);
    this.crossAttention = new CrossAttention(kernels, weights, `${name}.encoder_attn`, width);
    this.#feedForward = new FeedForward(kernels, weights, name, width, decoder.feedForward);
  }

  /** stream: F32 [rows, width], in place. */
  apply(stream: number, rows: number, selfCache: KeyValueCache, crossCache: KeyValueCache): void {
    this.#selfAttention.apply(stream, rows, selfCache, true);
    this.crossAttention.apply(stream, rows, crossCache);
    this.#feedForward.apply(stream, rows);
  }
}
