/** Records the microphone as raw samples: no codec between the voice and the model. */
import { AudioError, OptionError } from "../errors.ts";
import { type Capture, startCapture } from "./capture.ts";

export interface RecordMicrophoneOptions {
  /** Seconds after which the recording ends by itself, so that memory is bounded; default 30. */
  readonly maxDuration?: number;
  /** Told about 20 times a second how loud it is: root mean square, 0..1. */
  readonly onLevel?: (level: number) => void;
  /** Aborting discards the recording. */
  readonly signal?: AbortSignal;
}

export interface RecordedAudio {
  /** Mono, at the microphone's own rate; an AudioSource. */
  readonly audio: AudioBuffer;
  /** Who ended it: `stop`, the maximal duration, or the device going away. */
  readonly endedBy: "stop" | "limit" | "device";
}

export interface Recording {
  /** Settles when the recording is over, however it ended; rejects with the signal's reason. */
  readonly finished: Promise<RecordedAudio>;
  /** Ends the recording and gives what `finished` gives. */
  stop(): Promise<RecordedAudio>;
}

/**
 * Asks for the microphone and begins to record; the promise resolves when samples flow.
 * @throws {OptionError} maxDuration is no number above 0.
 * @throws {AudioError} The page may not use a microphone, the user refuses, or there is none.
 * @throws The signal's reason, when it aborts.
 */
export async function recordMicrophone({
  maxDuration = 30,
  onLevel,
  signal,
}: RecordMicrophoneOptions = {}): Promise<Recording> {
  signal?.throwIfAborted();
  if (!(maxDuration > 0 && maxDuration < Infinity)) {
    throw new OptionError(
      `maxDuration should be a number of seconds above 0, found ${maxDuration}.`,
    );
  }
  const stream = await openMicrophone(signal);
  try {
    return collect(stream, await startCapture(stream, signal), maxDuration, onLevel, signal);
  } catch (error) {
    stopTracks(stream);
    throw error;
  }
}

/**
 * Asks for the microphone; its tracks are the caller's to stop.
 * @throws {AudioError} The page may not use a microphone, the user refuses, or there is none.
 * @throws The signal's reason, when it aborts.
 */
export async function openMicrophone(signal?: AbortSignal): Promise<MediaStream> {
  const stream = await askForMicrophone();
  // The user may have taken minutes to answer the question.
  if (signal?.aborted) stopTracks(stream);
  signal?.throwIfAborted();
  return stream;
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

function collect(
  stream: MediaStream,
  { context, node }: Capture,
  maxDuration: number,
  onLevel: RecordMicrophoneOptions["onLevel"],
  signal: AbortSignal | undefined,
): Recording {
  const maxLength = Math.floor(maxDuration * context.sampleRate);
  const blocks: Float32Array[] = [];
  let length = 0;
  let endedBy: RecordedAudio["endedBy"] | undefined;

  const end = (reason: RecordedAudio["endedBy"]) => {
    if (endedBy) return;
    endedBy = reason;
    node.port.postMessage("end"); // the worklet answers with its last block, then null
  };
  const finished = new Promise<RecordedAudio>((resolve, reject) => {
    const settle = (outcome: () => void) => {
      signal?.removeEventListener("abort", abort);
      node.port.onmessage = null;
      stopTracks(stream);
      void context.close();
      outcome();
    };
    const abort = () => settle(() => reject(signal?.reason));
    signal?.addEventListener("abort", abort);
    for (const track of stream.getTracks()) track.addEventListener("ended", () => end("device"));

    node.port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
      if (data) {
        const block = data.subarray(0, maxLength - length);
        if (block.length > 0) blocks.push(block);
        length += block.length;
        onLevel?.(rootMeanSquare(data));
        if (length >= maxLength) end("limit");
      } else if (length === 0) {
        settle(() => reject(new AudioError("Nothing was recorded. Record for longer.")));
      } else {
        const audio = joinBlocks(blocks, length, context.sampleRate);
        settle(() => resolve({ audio, endedBy: endedBy ?? "stop" }));
      }
    };
  });
  // A page that aborts may not be waiting for the recording; that is no unhandled rejection.
  finished.catch(() => {});
  return {
    finished,
    stop: () => {
      end("stop");
      return finished;
    },
  };
}

function joinBlocks(blocks: readonly Float32Array[], length: number, sampleRate: number) {
  const audio = new AudioBuffer({ length, numberOfChannels: 1, sampleRate });
  const samples = audio.getChannelData(0);
  let offset = 0;
  for (const block of blocks) {
    samples.set(block, offset);
    offset += block.length;
  }
  return audio;
}

/** How loud samples are, 0..1. */
export function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
