import type { ModelConfig } from "../checkpoint/model-config.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { LayerFactory } from "../linear/layer-factory.ts";
import type { WeightsKind } from "../options/options.ts";
import { Attention, type RowsOfCache } from "./attention.ts";
import { FeedForward } from "./feed-forward.ts";
import { createKeyValueCache, type KeyValueCache } from "./key-value-cache.ts";
import { TokenEmbedding } from "./token-embedding.ts";

/**
 * Whisper's text decoder (whisper/model.py, TextDecoder): token plus learned position embedding,
 * pre-norm layers of causal self-attention, cross-attention and feed-forward, a last layer norm,
 * logits by the embedding matrix. What it was fed is remembered by a DecodingState.
 */
export class Decoder {
  readonly kernels: Kernels;
  readonly config: ModelConfig;
  readonly embedding: TokenEmbedding;
  readonly layers: readonly DecoderLayer[];
  readonly #weights: WeightsKind;
  /** F32 [targetPositions, width]. */
  readonly #positions: number;

  constructor(layers: LayerFactory, config: ModelConfig) {
    const { width, decoder, targetPositions } = config;
    this.kernels = layers.kernels;
    this.config = config;
    this.embedding = new TokenEmbedding(layers, config);
    this.#positions = layers.floats("decoder.embed_positions.weight", [targetPositions, width]);
    this.layers = Array.from({ length: decoder.layers }, (_, i) => {
      return new DecoderLayer(layers, `decoder.layers.${i}`, config);
    });
    this.#weights = layers.kind;
  }

  /** Embeddings of tokens and of their positions from `position` on, F32 [tokens, width]. */
  embed(tokens: readonly number[], position: number, target: number): void {
    const { width } = this.config;
    for (const [i, token] of tokens.entries()) this.embedding.lookup(token, target + i * width * 4);
    const positions = this.#positions + position * width * 4;
    this.kernels.addF32(target, positions, tokens.length * width);
  }

  /** An empty cache of one layer, on top of the heap. */
  createCache(positions: number): KeyValueCache {
    const { width, decoder } = this.config;
    return createKeyValueCache(this.kernels, this.#weights, width, decoder.heads, positions);
  }
}

/** Self-attention, cross-attention and feed-forward, each added to the stream after its norm. */
class DecoderLayer {
  readonly crossAttention: Attention;
  readonly #selfAttention: Attention;
  readonly #feedForward: FeedForward;

  constructor(layers: LayerFactory, name: string, { width, decoder }: ModelConfig) {
    this.#selfAttention = new Attention(layers, `${name}.self_attn`, width, "itself");
    this.crossAttention = new Attention(layers, `${name}.encoder_attn`, width, "audio");
    this.#feedForward = new FeedForward(layers, name, width, decoder.feedForward);
  }

  /** stream: F32 [rows, width], in place; `onQueries` sees those of cross-attention. */
  apply(
    stream: number,
    rows: number,
    selfCaches: readonly RowsOfCache[],
    crossCaches: readonly RowsOfCache[],
    onQueries?: (queries: number) => void,
  ): void {
    this.#selfAttention.apply(stream, rows, selfCaches, true);
    this.crossAttention.apply(stream, rows, crossCaches, false, onQueries);
    this.#feedForward.apply(stream, rows);
  }
}
