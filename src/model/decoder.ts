import type { ModelConfig } from "../checkpoint/model-config.ts";
import type { Weights } from "../checkpoint/weights.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { CrossAttention, type RowsOfCache, SelfAttention } from "./attention.ts";
import { DecodingState, type DecodingStateOptions } from "./decoding-state.ts";
import type { EncodedAudio } from "./encoder.ts";
import { FeedForward } from "./feed-forward.ts";
import type { KeyValueCacheKind } from "./key-value-cache.ts";
import { TokenEmbedding } from "./token-embedding.ts";

/**
 * Whisper's text decoder (whisper/model.py, TextDecoder): token plus learned position embedding,
 * pre-norm layers of causal self-attention, cross-attention and feed-forward, a last layer norm,
 * logits by the embedding matrix.
 */
export class Decoder {
  readonly kernels: Kernels;
  readonly config: ModelConfig;
  readonly embedding: TokenEmbedding;
  readonly layers: readonly DecoderLayer[];
  readonly cacheKind: KeyValueCacheKind;
  /** F32 [targetPositions, width]. */
  readonly #positions: number;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, decoder, targetPositions } = config;
    this.kernels = kernels;
    this.config = config;
    this.embedding = new TokenEmbedding(kernels, weights, config);
    this.#positions = weights.matrix("decoder.embed_positions.weight", [targetPositions, width]);
    this.layers = Array.from({ length: decoder.layers }, (_, i) => {
      return new DecoderLayer(kernels, weights, `decoder.layers.${i}`, config);
    });
    this.cacheKind = weights.cacheKind;
  }

  /** Embeddings of tokens and of their positions from `position` on, F32 [tokens, width]. */
  embed(tokens: readonly number[], position: number, target: number): void {
    const { width } = this.config;
    for (const [i, token] of tokens.entries()) this.embedding.lookup(token, target + i * width * 4);
    const positions = this.#positions + position * width * 4;
    this.kernels.addF32(target, positions, tokens.length * width);
  }

  /**
   * Prepares decoding of one window, or of several together: projects their audio to every layer's
   * cross-attention keys and values. The caches lie on top of the heap: whoever calls marks and
   * releases.
   */
  open(
    audio: EncodedAudio | readonly EncodedAudio[],
    options: DecodingStateOptions = {},
  ): DecodingState {
    return new DecodingState(this, "pointer" in audio ? [audio] : audio, options);
  }
}

/** Self-attention, cross-attention and feed-forward, each added to the stream after its norm. */
class DecoderLayer {
  readonly selfAttention: SelfAttention;
  readonly crossAttention: CrossAttention;
  readonly feedForward: FeedForward;

  constructor(kernels: Kernels, weights: Weights, name: string, config: ModelConfig) {
    const { width, decoder } = config;
    this.selfAttention = new SelfAttention(kernels, weights, `${name}.self_attn`, width);
    this.crossAttention = new CrossAttention(kernels, weights, `${name}.encoder_attn`, width);
    this.feedForward = new FeedForward(kernels, weights, name, width, decoder.feedForward);
  }

  /** stream: F32 [rows, width], in place. */
  apply(
    stream: number,
    rows: number,
    selfCaches: readonly RowsOfCache[],
    crossCaches: readonly RowsOfCache[],
  ): void {
    this.selfAttention.apply(stream, rows, selfCaches, true);
    this.crossAttention.apply(stream, rows, crossCaches);
    this.feedForward.apply(stream, rows);
  }
}
