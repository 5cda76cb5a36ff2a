import { transfer } from "comlink";
import { eitherSignal } from "./async/abort.ts";
import { stoppable } from "./async/iterators.ts";
import { type AudioSource, decodeAudio } from "./audio/decode-audio.ts";
import { type LiveSource, openLiveSource } from "./audio/live-source.ts";
import { OptionError, refuse } from "./errors.ts";
import type { ModelInfo } from "./model-info.ts";
import type {
  LoadOptions,
  ModelFiles,
  StreamOptions,
  TranscribeOptions,
} from "./options/options.ts";
import type { StreamEvent, Transcript } from "./results.ts";
import { EngineThread } from "./wire/engine-thread.ts";

/** A loaded model in a worker of its own. */
export interface Transcriber {
  readonly model: ModelInfo;
  /**
   * Recognises a recording of any length.
   *
   * Calls made meanwhile wait their turn. Aborting rejects at once with the signal's reason; the
   * worker stops within one decoder step and stays usable.
   *
   * @throws AudioError for audio that is unreadable or empty
   * @throws OptionError for options that are unknown or impossible with this model
   */
  transcribe(source: AudioSource, options?: TranscribeOptions): Promise<Transcript>;
  /**
   * Recognises a recording, or a live source until it ends, event by event; for one `for await` loop.
   *
   * Work begins when the first event is asked for, and goes on as events are taken. Leaving the loop
   * stops the engine within one decoder step and lets go of the source; so does aborting, which rejects
   * with the signal's reason once what was finished is told. A stream has the engine for itself from
   * its first event to its last: other calls wait, and for a live source as long as it speaks.
   *
   * The tracks of a MediaStream stay the caller's; when they have all ended or been stopped, what was
   * said by then is told, and the stream is done. A source that fails is told to its end as well; then
   * its error is thrown.
   *
   * `onProgress` is told of recordings only: how long a live source will be, nobody knows.
   *
   * @throws AudioError for audio that is unreadable or empty, and when a device's sound waits too long
   * @throws OptionError for options that are unknown or impossible with this model or source
   */
  stream(
    source: AudioSource | LiveSource,
    options?: StreamOptions,
  ): AsyncIterableIterator<StreamEvent, undefined>;
  /**
   * Ends the worker and frees its memory; calls under way reject with EngineError, and live sources are
   * let go.
   */
  dispose(): void;
}

/** `createTranscriber` for a model whose files need not be looked for: any but "embedded". */
export async function openTranscriber(
  model: string | URL | ModelFiles,
  options: LoadOptions = {},
): Promise<Transcriber> {
  const { onProgress = ignore, signal, revision, host, weights, threads } = options;
  signal?.throwIfAborted();
  const request = sendable({ model: forWorker(model), revision, host, weights, threads });
  const engine = new EngineThread();
  try {
    const info = await engine.call(signal, onProgress, (remote, callSignal, report) => {
      return remote.load(request, callSignal, report);
    });
    return new WorkerTranscriber(engine, info);
  } catch (error) {
    engine.end("The model did not load.");
    throw error;
  }
}

class WorkerTranscriber implements Transcriber {
  readonly model: ModelInfo;
  readonly #engine: EngineThread;

  constructor(engine: EngineThread, model: ModelInfo) {
    this.#engine = engine;
    this.model = model;
  }

  async transcribe(source: AudioSource, options: TranscribeOptions = {}): Promise<Transcript> {
    const { onProgress = ignore, signal, ...others } = options;
    signal?.throwIfAborted();
    const decoding = sendable(others);
    const samples = await this.#decode(source, signal);
    return this.#engine.call(signal, onProgress, (remote, callSignal, report) => {
      return remote.transcribe(transfer(samples, [samples.buffer]), decoding, callSignal, report);
    });
  }

  stream(
    source: AudioSource | LiveSource,
    options: StreamOptions = {},
  ): AsyncIterableIterator<StreamEvent, undefined> {
    return stoppable((stop) => this.#stream(source, options, stop));
  }

  dispose(): void {
    this.#engine.end("The transcriber was disposed. Create a new one.");
  }

  async *#stream(
    source: AudioSource | LiveSource,
    { onProgress = ignore, signal, sampleRate, ...others }: StreamOptions,
    stop: AbortSignal,
  ): AsyncGenerator<StreamEvent, undefined, undefined> {
    if (!isLive(source) && sampleRate !== undefined) {
      throw refuse(
        "sampleRate",
        "this is for live sources; a recording knows its own, and samples are at the model's. Leave it out.",
        { found: sampleRate },
      );
    }
    const decoding = sendable(others);
    const either = eitherSignal(signal, stop);
    try {
      const sound = isLive(source) ? source : await this.#decode(source, either.signal);
      yield* this.#engine.stream(either.signal, onProgress, (remote, callSignal, report) => {
        const given =
          sound instanceof Float32Array
            ? transfer(sound, [sound.buffer])
            : openLiveSource(sound, this.model.sampleRate, {
                ...(sampleRate !== undefined && { sampleRate }),
                signal: callSignal,
              });
        return remote.stream(given, decoding, callSignal, report);
      });
    } finally {
      either.end();
    }
    return undefined;
  }

  /** Samples that may be moved: a caller's own array stays the caller's. */
  async #decode(source: AudioSource, signal: AbortSignal | undefined): Promise<Float32Array> {
    const samples = await decodeAudio(source, this.model.sampleRate, signal ? { signal } : {});
    return source instanceof Float32Array ? samples.slice() : samples;
  }
}

function isLive(source: AudioSource | LiveSource): source is LiveSource {
  if (typeof source !== "object" || source === null) return false;
  // Not every browser's streams are async iterables.
  const isStream = [globalThis.MediaStream, globalThis.ReadableStream].some((kind) => {
    return kind !== undefined && source instanceof kind;
  });
  return isStream || Symbol.asyncIterator in source;
}

/**
 * Plain options as a worker gets them.
 *
 * @throws OptionError for what cannot be sent; found only when a call is sent, it would leave the ports
 *   that were made for the call open
 */
function sendable<Options extends object>(options: Options): Options {
  try {
    return structuredClone(options);
  } catch (cause) {
    const { message } = cause as Error;
    throw new OptionError(
      `An option is nothing that can be sent to a worker: ${message}`,
      {},
      { cause },
    );
  }
}

/** A worker's own address is that of its script: what is relative to the page is resolved here. */
function forWorker(model: string | URL | ModelFiles): string | ModelFiles {
  if (model instanceof URL) return model.href;
  return typeof model === "string" && /^\.{0,2}\//.test(model)
    ? new URL(model, globalThis.document?.baseURI ?? location.href).href
    : model;
}

function ignore(): void {}
