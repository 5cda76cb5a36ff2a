import { AudioError } from "../errors.ts";
import { openLiveSource } from "./live-source.ts";

/** A microphone that is open. */
export interface Microphone {
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
 * @throws {AudioError} The page may not use a microphone, the user refuses, or there is none.
 * @throws The signal's reason, when it aborts; the blocks throw as those of `openLiveSource`.
 */
export async function openMicrophone(
  sampleRate: number,
  { onBlock, onEnd }: MicrophoneListener,
  signal: AbortSignal,
): Promise<Microphone> {
  signal.throwIfAborted();
  const stream = await askForMicrophone();
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  // The user may have taken minutes to answer the question.
  if (signal.aborted) stop();
  signal.throwIfAborted();
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

async function askForMicrophone(): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new AudioError(
      "This page may not use the microphone: browsers allow it only over HTTPS or on localhost. Open the page so, or choose a file.",
    );
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.name : String(cause);
    throw new AudioError(microphoneRefusal(reason), { reason }, { cause });
  }
}

function microphoneRefusal(reason: string): string {
  switch (reason) {
    case "NotAllowedError":
      return "Permission to use the microphone was refused. Allow it in the browser's site settings and try again, or choose a file.";
    case "NotFoundError":
      return "No microphone was found. Connect one and try again, or choose a file.";
    case "NotReadableError":
      return "The microphone is in use by another program. Close that program and try again.";
    default:
      return `The microphone could not be opened (${reason}). Check the system's sound settings, or choose a file.`;
  }
}

/** How loud samples are, 0..1. */
function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
