import { openLiveSource } from "../audio/live-source.ts";
import { openMicrophone, rootMeanSquare } from "../audio/microphone.ts";

/** A microphone that is open. */
export interface MicrophoneSource {
  /** What it hears: mono, at the rate asked for. */
  readonly blocks: AsyncIterable<Float32Array>;
  /** Lets go of the microphone; `blocks` end with what was said by then. */
  stop(): void;
}

interface MicrophoneListener {
  /** Told of each block that is taken: root mean square, 0..1, and seconds so far. */
  onBlock(level: number, seconds: number): void;
  /** Nothing more is heard: it was stopped, or the device is gone. */
  onEnd(): void;
}

/**
 * Asks for the microphone.
 *
 * @param sampleRate Hz
 * @throws as `openMicrophone`; the blocks throw as `openLiveSource`
 */
export async function openMicrophoneSource(
  sampleRate: number,
  { onBlock, onEnd }: MicrophoneListener,
  signal: AbortSignal,
): Promise<MicrophoneSource> {
  const stream = await openMicrophone(signal);
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  signal.addEventListener("abort", stop, { once: true });

  async function* meter(): AsyncGenerator<Float32Array, void, undefined> {
    let length = 0;
    try {
      for await (const block of openLiveSource(stream, sampleRate, { signal })) {
        length += block.length;
        onBlock(rootMeanSquare(block), length / sampleRate);
        yield block;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
      onEnd();
    }
  }
  return { blocks: meter(), stop };
}
