import type { ModelConfig } from "../checkpoint/model-config.ts";
import { AudioError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Convolution, LayerFactory } from "../linear/layer-factory.ts";
import type { LayerNorm } from "../linear/linear.ts";
import type { WeightsKind } from "../options/options.ts";
import { Attention } from "./attention.ts";
import { FeedForward } from "./feed-forward.ts";
import { createKeyValueCache } from "./key-value-cache.ts";

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
  /** melBins to width channels. */
  readonly #conv1: Convolution;
  /** width to width channels, every other frame. */
  readonly #conv2: Convolution;
  /** F32 [sourcePositions, width]. */
  readonly #positions: number;
  readonly #layers: readonly { readonly attention: Attention; readonly feedForward: FeedForward }[];
  readonly #weights: WeightsKind;
  readonly #norm: LayerNorm;

  constructor(layers: LayerFactory, config: ModelConfig) {
    const { width, encoder, melBins } = config;
    this.#kernels = layers.kernels;
    this.#config = config;
    this.#conv1 = layers.convolution("encoder.conv1", melBins, width);
    this.#conv2 = layers.convolution("encoder.conv2", width, width);
    this.#positions = placePositions(layers, config);
    this.#layers = Array.from({ length: encoder.layers }, (_, i) => {
      const name = `encoder.layers.${i}`;
      return {
        attention: new Attention(layers, `${name}.self_attn`, width, "itself"),
        feedForward: new FeedForward(layers, name, width, encoder.feedForward),
      };
    });
    this.#weights = layers.kind;
    this.#norm = layers.layerNorm("encoder.layer_norm", width);
  }

  /**
   * Encodes log-mel frames, F32 [frameCount, melBins] time-major. The result lies on top of the
   * heap: whoever calls marks and releases.
   *
   * @throws AudioError when there are more frames than twice the model's source positions
   */
  async encode(logMel: number, frameCount: number, onLayer: LayerHook): Promise<EncodedAudio> {
    const { heap } = this.#kernels;
    const { width, encoder, sourcePositions } = this.#config;
    const positions = Math.ceil(frameCount / 2);
    if (positions > sourcePositions) {
      const most = 2 * sourcePositions;
      throw new AudioError(
        `The encoder takes at most ${most} log-mel frames; found ${frameCount}. Cut the audio.`,
        { expected: most, found: frameCount },
      );
    }
    const stream = heap.allocateF32(positions * width);
    this.#convolve(logMel, frameCount, stream);
    this.#kernels.addF32(stream, this.#positions, positions * width);
    for (const [index, { attention, feedForward }] of this.#layers.entries()) {
      const mark = heap.mark();
      const cache = createKeyValueCache(
        this.#kernels,
        this.#weights,
        width,
        encoder.heads,
        positions,
      );
      attention.apply(stream, positions, [{ cache, rows: positions }], false);
      heap.release(mark);
      feedForward.apply(stream, positions);
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
    { packed, bias }: Convolution,
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
  layers: LayerFactory,
  { format, sourcePositions, width }: ModelConfig,
): number {
  const name = "encoder.embed_positions.weight";
  if (format < 2 || layers.has(name)) return layers.floats(name, [sourcePositions, width]);
  return layers.kernels.heap.copyF32(sinusoids(sourcePositions, width));
}

/**
 * The encoder's positions (whisper/model.py, `sinusoids`): half of each row are sines, half cosines, of
 * wavelengths from 2 pi to 20000 pi positions.
 *
 * @returns F32 [positions, width]
 */
export function sinusoids(positions: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const increment = Math.log(10000) / (half - 1);
  const values = new Float32Array(positions * width);
  for (let i = 0; i < half; i++) {
    const rate = Math.exp(-increment * i);
    for (let position = 0; position < positions; position++) {
      values[position * width + i] = Math.sin(position * rate);
      values[position * width + half + i] = Math.cos(position * rate);
    }
  }
  return values;
}
