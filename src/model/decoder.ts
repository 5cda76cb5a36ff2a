import { OptionError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { Attention } from "./attention.ts";
import type { EncodedAudio } from "./encoder.ts";
import { FeedForward } from "./feed-forward.ts";
import { KeyValueCache } from "./key-value-cache.ts";
import type { ModelConfig } from "./model-config.ts";
import { TokenEmbedding } from "./token-embedding.ts";
import type { LayerNorm, Weights } from "./weights.ts";

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
  readonly norm: LayerNorm;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, decoder, targetPositions } = config;
    this.kernels = kernels;
    this.config = config;
    this.embedding = new TokenEmbedding(kernels, weights, config);
    this.positions = weights.matrix("decoder.embed_positions.weight", [targetPositions, width]);
    this.layers = Array.from({ length: decoder.layers }, (_, i) => {
      return new DecoderLayer(kernels, weights, `decoder.layers.${i}`, config);
    });
    this.norm = weights.layerNorm("decoder.layer_norm", width);
  }

  /**
   * Prepares decoding of one window: projects its audio to every layer's cross-attention keys and
   * values. The caches lie on top of the heap: whoever calls marks and releases.
   */
  open(audio: EncodedAudio): DecodingState {
    return new DecodingState(this, audio);
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

  constructor(decoder: Decoder, audio: EncodedAudio) {
    const { kernels, config, layers } = decoder;
    const cache = (positions: number) => {
      return new KeyValueCache(kernels, config.width, config.decoder.heads, positions);
    };
    this.contextLength = config.targetPositions;
    this.vocabSize = config.vocabSize;
    this.#decoder = decoder;
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
   * @param rows which of `tokens` (indices) to give logits for
   * @returns for each of `rows`, logits [vocabSize]
   * @throws OptionError for an id outside the vocabulary or more tokens than the context holds
   */
  feed(tokens: readonly number[], rows: readonly number[]): Float32Array[] {
    const { kernels, config, embedding, positions, layers, norm } = this.#decoder;
    const { heap } = kernels;
    const { width } = config;
    const fed = this.#selfCaches[0]!.length;
    this.#check(tokens, fed);
    const mark = heap.mark();
    const stream = heap.allocateF32(tokens.length * width);
    for (const [i, token] of tokens.entries()) embedding.lookup(token, stream + i * width * 4);
    kernels.addF32(stream, positions + fed * width * 4, tokens.length * width);
    for (const [i, layer] of layers.entries()) {
      layer.apply(stream, tokens.length, this.#selfCaches[i]!, this.#crossCaches[i]!);
    }
    const { weight, bias } = norm;
    kernels.layerNormRowsF32(stream, tokens.length, width, weight, bias, stream);
    const logits = rows.map((row) => embedding.logits(stream + row * width * 4));
    heap.release(mark);
    return logits;
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
  readonly crossAttention: Attention;
  readonly #kernels: Kernels;
  readonly #width: number;
  readonly #selfNorm: LayerNorm;
  readonly #selfAttention: Attention;
  readonly #crossNorm: LayerNorm;
  readonly #feedForward: FeedForward;

  constructor(kernels: Kernels, weights: Weights, name: string, config: ModelConfig) {
    const { width, decoder } = config;
    this.#kernels = kernels;
    this.#width = width;
    this.#selfNorm = weights.layerNorm(`${name}.self_attn_layer_norm`, width);
    this.#selfAttention = new Attention(kernels, weights, `${name}.self_attn`, width);
    this.#crossNorm = weights.layerNorm(`${name}.encoder_attn_layer_norm`, width);
    this.crossAttention = new Attention(kernels, weights, `${name}.encoder_attn`, width);
    this.#feedForward = new FeedForward(kernels, weights, name, width, decoder.feedForward);
  }

  /** stream: F32 [rows, width], in place. */
  apply(stream: number, rows: number, selfCache: KeyValueCache, crossCache: KeyValueCache): void {
    const { heap } = this.#kernels;
    const mark = heap.mark();
    const normal = heap.allocateF32(rows * this.#width);
    this.#normalise(stream, rows, this.#selfNorm, normal);
    this.#selfAttention.remember(normal, rows, selfCache);
    this.#selfAttention.attend(normal, rows, selfCache, stream, true);
    this.#normalise(stream, rows, this.#crossNorm, normal);
    this.crossAttention.attend(normal, rows, crossCache, stream, false);
    heap.release(mark);
    this.#feedForward.apply(stream, rows);
  }

  #normalise(stream: number, rows: number, norm: LayerNorm, output: number): void {
    const { weight, bias } = norm;
    this.#kernels.layerNormRowsF32(stream, rows, this.#width, weight, bias, output);
  }
}
