/**
 * Any live source -> blocks of mono samples at the model's rate, pulled.
 *
 * A device does not wait: what nobody has pulled yet is queued, up to a bound, and past it the
 * stream fails. It never goes on with a part of the sound missing.
 */

import { untilAborted } from "../async/abort.ts";
import { AudioError, OptionError, refuse } from "../errors.ts";
import { checkSamples } from "./mono.ts";
import { StreamResampler } from "./resample.ts";

/**
 * What can be captioned live: a microphone's or an element's sound, or blocks of mono samples, at the
 * model's own rate unless `sampleRate` says otherwise.
 */
export type LiveSource = MediaStream | ReadableStream<Float32Array> | AsyncIterable<Float32Array>;

interface LiveSourceOptions {
  /** Of the blocks, Hz; default: the model's. A MediaStream knows its own. */
  readonly sampleRate?: number;
  readonly signal?: AbortSignal;
}

/** Seconds of sound from a device that may wait to be pulled. */
const longestQueue = 300;

/** How often a device is asked whether it was stopped, milliseconds. */
const watchInterval = 100;

/**
 * Opens a source; it is closed when it ends, fails or nobody pulls any more, and at once when the signal
 * aborts, pulled or not. The tracks of a MediaStream stay the caller's to stop; the source ends when
 * those of sound have all ended.
 *
 * @param modelRate Hz.
 * @throws {OptionError} The source is of another kind or already read by somebody else, or an option
 * is out of range or not for it.
 * @throws {AudioError} There is no sound in the stream, the browser does not start its audio engine,
 * a sample is not finite, or sound of a device has waited too long to be pulled.
 * @throws The signal's reason, when it aborts.
 */
export async function* openLiveSource(
  source: LiveSource,
  modelRate: number,
  { sampleRate, signal }: LiveSourceOptions = {},
): AsyncGenerator<Float32Array, void, undefined> {
  signal?.throwIfAborted();
  let resampler: StreamResampler | undefined;
  let reader: BlockReader;
  if (isMediaStream(source)) {
    if (sampleRate !== undefined) {
      throw refuse("sampleRate", "a MediaStream knows its own. Leave it out.", {
        found: sampleRate,
      });
    }
    reader = await openCapture(source, signal);
  } else {
    resampler = new StreamResampler(sampleRate ?? modelRate, modelRate);
    reader = openReader(source);
  }
  // A source that never answers must not hold the caller.
  const close = closeOnAbort(signal, () => void reader.close().catch(() => {}));
  try {
    resampler ??= new StreamResampler(reader.sampleRate ?? modelRate, modelRate);
    while (true) {
      const { done, value } = await untilAborted(reader.next(), signal);
      // What is closed while it is read may seem to have come to its end.
      signal?.throwIfAborted();
      const block = done ? resampler.finish() : resampler.push(checkBlock(value));
      if (block.length > 0) yield block;
      if (done) return;
    }
  } finally {
    close();
  }
}

/** Calls `close` when the signal aborts, or when what this returns is called: once. */
function closeOnAbort(signal: AbortSignal | undefined, close: () => void): () => void {
  let isOpen = true;
  const over = () => {
    signal?.removeEventListener("abort", over);
    if (isOpen) close();
    isOpen = false;
  };
  signal?.addEventListener("abort", over);
  if (signal?.aborted) over();
  return over;
}

/** What all kinds of live sources can do. */
interface BlockReader {
  /** Hz, where the source knows it. */
  readonly sampleRate?: number;
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  close(): Promise<unknown>;
}

/** Not a stream's own iterator, which not every browser has. */
function openReader(source: Exclude<LiveSource, MediaStream>): BlockReader {
  if (typeof ReadableStream !== "undefined" && source instanceof ReadableStream) {
    if (source.locked) {
      throw new OptionError("This ReadableStream has a reader already. Give each stream its own.");
    }
    const reader = source.getReader();
    return { next: () => reader.read(), close: () => reader.cancel() };
  }
  const iterator = (source as Partial<AsyncIterable<Float32Array>>)[Symbol.asyncIterator]?.();
  if (iterator) {
    return { next: () => iterator.next(), close: async () => iterator.return?.() };
  }
  throw new OptionError(
    "Unknown kind of live source: expected a MediaStream, a ReadableStream or an async iterable of Float32Array.",
    { found: Object.prototype.toString.call(source) },
  );
}

function checkBlock(value: unknown): Float32Array {
  if (value instanceof Float32Array) return value.length > 0 ? checkSamples(value) : value;
  throw new AudioError(
    "A live source gave a block that is no Float32Array: expected mono samples.",
    {
      found: Object.prototype.toString.call(value),
    },
  );
}

/** The sound of a stream; what has come from the device and nobody asked for yet waits in a queue. */
async function openCapture(
  stream: MediaStream,
  signal: AbortSignal | undefined,
): Promise<BlockReader> {
  const tracks = stream.getAudioTracks();
  if (tracks.length === 0) {
    throw new AudioError("This MediaStream has no sound: expected an audio track, found none.");
  }
  const { context, node } = await startCapture(stream, signal);
  const { sampleRate } = context;
  const maxWaiting = longestQueue * sampleRate;
  const queue: Float32Array[] = [];
  let waiting = 0;
  let isOver = false;
  let wake = () => {};

  const end = () => node.port.postMessage("end");
  const endIfOver = () => {
    if (tracks.every(({ readyState }) => readyState === "ended")) end();
  };
  node.port.onmessage = ({ data }: MessageEvent<Float32Array | null>) => {
    if (!data) isOver = true;
    else if (waiting <= maxWaiting) queue.push(data);
    else end(); // and keep no more of what is lost
    waiting += data?.length ?? 0;
    wake();
  };
  for (const track of tracks) track.addEventListener("ended", endIfOver);
  // A track that the page itself stops tells nobody.
  const watch = setInterval(endIfOver, watchInterval);
  return {
    sampleRate,
    async next() {
      while (true) {
        if (waiting > maxWaiting) throw waitsTooLong();
        const value = queue.shift();
        if (value) {
          waiting -= value.length;
          return { value };
        }
        if (isOver) return { done: true };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async close() {
      for (const track of tracks) track.removeEventListener("ended", endIfOver);
      clearInterval(watch);
      node.port.onmessage = null;
      end();
      isOver = true;
      wake();
      await context.close();
    },
  };
}

/** A stream of sound wired to the capture worklet, which posts blocks of samples, then null. */
interface Capture {
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
}

/**
 * Begins to capture a stream; blocks arrive at `node.port`, and any message to it ends the capture.
 * @throws {AudioError} The browser does not start its audio engine.
 * @throws The signal's reason, when it aborts.
 */
async function startCapture(
  stream: MediaStream,
  signal: AbortSignal | undefined,
): Promise<Capture> {
  // The device's own rate: Firefox refuses to join a stream to a context of another one.
  const context = new AudioContext();
  try {
    const worklet = new URL("./capture-worklet.js", import.meta.url);
    await untilAborted(context.audioWorklet.addModule(worklet), signal);
    const node = new AudioWorkletNode(context, "fwhisper-capture", { numberOfOutputs: 0 });
    context.createMediaStreamSource(stream).connect(node);
    // A page that its user has not touched yet may wait here for as long.
    await untilAborted(context.resume(), signal);
    return { context, node };
  } catch (cause) {
    await context.close();
    signal?.throwIfAborted();
    throw new AudioError(
      "Recording could not begin: the browser did not start its audio engine. Reload the page and try again.",
      {},
      { cause },
    );
  }
}

function waitsTooLong(): AudioError {
  return new AudioError(
    `More than ${longestQueue} s of live sound wait to be recognised: either the stream's events are not taken as they come, or this machine is too slow for the model. Take the events in time, or choose a smaller model.`,
    { expected: longestQueue },
  );
}

/** By instance where the platform has the class at all (Node and workers have not). */
function isMediaStream(source: LiveSource): source is MediaStream {
  return typeof MediaStream !== "undefined" && source instanceof MediaStream;
}
