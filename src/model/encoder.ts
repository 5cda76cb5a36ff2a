import type { ModelConfig } from "../checkpoint/model-config.ts";
import type { Weights } from "../checkpoint/weights.ts";
import { AudioError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { LayerNorm } from "../linear/linear.ts";
import { SelfAttention } from "./attention.ts";
import { FeedForward } from "./feed-forward.ts";
import { createKeyValueCache, type KeyValueCacheKind } from "./key-value-cache.ts";
import { sinusoids } from "./sinusoids.ts";

/** Output of the encoder: F32 [positions, width] in kernel memory. */
export interface EncodedAudio {
  readonly pointer: number;
  readonly positions: number;
}

/** Called after each layer; may yield to the event loop, may throw to stop. */
export type LayerHook = (done: number, total: number) => Promise<void>;

/**
 * Whisper's audio encoder (whisper/model.py, AudioEncoder): two convolutions with GELU, the
 * stored position table, pre-norm transformer layers, a last layer norm.
 */
export class Encoder {
  readonly #kernels: Kernels;
  readonly #config: ModelConfig;
  readonly #conv1: { packed: number; bias: number };
  readonly #conv2: { packed: number; bias: number };
  readonly #positions: number;
  readonly #layers: EncoderLayer[];
  readonly #norm: LayerNorm;

  constructor(kernels: Kernels, weights: Weights, config: ModelConfig) {
    const { width, encoder, melBins } = config;
    this.#kernels = kernels;
    this.#config = config;
    this.#conv1 = weights.convolution("encoder.conv1", melBins, width);
    this.#conv2 = weights.convolution("encoder.conv2", width, width);
    this.#positions = placePositions(kernels, weights, config);
    this.#layers = Array.from({ length: encoder.layers }, (_, i) => {
      return new EncoderLayer(kernels, weights, `encoder.layers.${i}`, config);
    });
    this.#norm = weights.layerNorm("encoder.layer_norm", width);
  }

  /**
   * Encodes log-mel frames, F32 [frameCount, melBins] time-major. The result lies on top of the
   * heap: whoever calls marks and releases.
   *
   * @throws AudioError when there are more frames than twice the model's source positions
   */
  async encode(logMel: number, frameCount: number, onLayer: LayerHook): Promise<EncodedAudio> {
    const { heap } = this.#kernels;
    const { width } = this.#config;
    const positions = Math.ceil(frameCount / 2);
    if (positions > this.#config.sourcePositions) {
      const most = 2 * this.#config.sourcePositions;
      throw new AudioError(
        `The encoder takes at most ${most} log-mel frames; found ${frameCount}. Cut the audio.`,
        { expected: most, found: frameCount },
      );
    }
    const stream = heap.allocateF32(positions * width);
    this.#convolve(logMel, frameCount, stream);
    this.#kernels.addF32(stream, this.#positions, positions * width);
    for (const [index, layer] of this.#layers.entries()) {
      layer.apply(stream, positions);
      await onLayer(index + 1, this.#layers.length);
    }
    const { weight, bias } = this.#norm;
    this.#kernels.layerNormRowsF32(stream, positions, width, weight, bias, stream);
    return { pointer: stream, positions };
  }

  #convolve(logMel: number, frames: number, output: number): void {
    const { heap } = this.#kernels;
    const { width, melBins } = this.#config;
    const mark = heap.mark();
    // conv1dGeluF32 wants one row of padding before and after the frames.
    const input = heap.allocateF32((frames + 2) * melBins);
    heap.f32(input + melBins * 4, frames * melBins).set(heap.f32(logMel, frames * melBins));
    const middle = heap.allocateF32((frames + 2) * width);
    const middleFrames = middle + width * 4;
    this.#apply(this.#conv1, input, frames, melBins, middleFrames, 1);
    this.#apply(this.#conv2, middle, frames, width, output, 2);
    heap.release(mark);
  }

  #apply(
    { packed, bias }: { packed: number; bias: number },
    input: number,
    frames: number,
    channels: number,
    output: number,
    stride: 1 | 2,
  ): void {
    const { width } = this.#config;
    this.#kernels.conv1dGeluF32(input, frames, channels, packed, bias, output, width, stride);
  }
}

/** The stored table; a recast model leaves it out where it is that of `sinusoids`, as Whisper's are. */
function placePositions(
  { heap }: Kernels,
  weights: Weights,
  { format, sourcePositions, width }: ModelConfig,
): number {
  const name = "encoder.embed_positions.weight";
  if (format < 2 || weights.has(name)) return weights.matrix(name, [sourcePositions, width]);
  return heap.copyF32(sinusoids(sourcePositions, width));
}

/** stream += attention(norm(stream)); stream += feed-forward(norm(stream)). */
class EncoderLayer {
  readonly #kernels: Kernels;
  readonly #config: ModelConfig;
  readonly #cacheKind: KeyValueCacheKind;
  readonly #attention: SelfAttention;
  readonly #feedForward: FeedForward;

  constructor(kernels: Kernels, weights: Weights, name: string, config: ModelConfig) {
    const { width, encoder } = config;
    this.#kernels = kernels;
    this.#config = config;
    this.#cacheKind = weights.cacheKind;
    this.#attention = new SelfAttention(kernels, weights, `${name}.self_attn`, width);
    this.#feedForward = new FeedForward(kernels, weights, name, width, encoder.feedForward);
  }

  apply(stream: number, positions: number): void {
    const { heap } = this.#kernels;
    const { width, encoder } = this.#config;
    const mark = heap.mark();
    const cache = createKeyValueCache(
      this.#kernels,
      this.#cacheKind,
      width,
      encoder.heads,
      positions,
    );
    this.#attention.apply(stream, positions, [{ cache, rows: positions }], false);
    heap.release(mark);
    this.#feedForward.apply(stream, positions);
  }
}
