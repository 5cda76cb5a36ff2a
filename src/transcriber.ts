import { proxy, type Remote, releaseProxy, transfer, wrap } from "comlink";
import type { Engine, ModelInfo } from "../worker/protocol.ts";
import { installTransferHandlers } from "../worker/transfer-handlers.ts";
import { type AudioSource, decodeAudio } from "./audio/decode-audio.ts";
import { EngineError, OptionError } from "./errors.ts";
import type { LoadOptions, TranscribeOptions } from "./options.ts";
import type { Transcript } from "./results.ts";

/** A loaded model in a worker of its own. */
export interface Transcriber {
  readonly model: ModelInfo;
  /**
   * Recognises speech of any length.
   *
   * Calls made meanwhile wait their turn. Aborting rejects at once with the signal's reason; the
   * worker stops within one decoder step and stays usable.
   *
   * @throws AudioError for audio that is unreadable or empty
   * @throws OptionError for options that are unknown or impossible with this model
   */
  transcribe(source: AudioSource, options?: TranscribeOptions): Promise<Transcript>;
  /** Ends the worker and frees its memory; calls under way reject with EngineError. */
  dispose(): void;
}

installTransferHandlers();

/**
 * Starts a worker and loads a model into it.
 *
 * @param model "embedded" (no download), a Hugging Face id such as "openai/whisper-tiny.en", or the
 *   URL of a folder in the Hugging Face layout
 * @throws DownloadError, ModelError, TokenizerError, MemoryLimitError, OptionError, EngineError
 */
export async function createTranscriber(
  model: string | URL = "embedded",
  options: LoadOptions = {},
): Promise<Transcriber> {
  const { onProgress = ignore, signal, revision, host, weights, threads } = options;
  signal?.throwIfAborted();
  const engine = new EngineThread();
  try {
    // The worker's own address is that of its script: what is relative to the page is resolved here.
    const name = typeof model === "string" ? absolute(model) : model.href;
    const request = { model: name, revision, host, weights, threads };
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
    const { onProgress = ignore, signal, ...decoding } = options;
    signal?.throwIfAborted();
    const samples = await decodeAudio(source, this.model.sampleRate, signal ? { signal } : {});
    // A caller's own array stays the caller's; everything else was made here and may be moved.
    const owned = source instanceof Float32Array ? samples.slice() : samples;
    return this.#engine.call(signal, onProgress, (remote, callSignal, report) => {
      return remote.transcribe(transfer(owned, [owned.buffer]), decoding, callSignal, report);
    });
  }

  dispose(): void {
    this.#engine.end("The transcriber was disposed. Create a new one.");
  }
}

/** The worker and the calls to it: cancelling, progress, and what happens when it dies. */
class EngineThread {
  readonly #worker: Worker;
  readonly #remote: Remote<Engine>;
  /** How to reject the calls under way. */
  readonly #pending = new Set<(error: EngineError) => void>();
  #endedBy: EngineError | undefined;

  constructor() {
    this.#worker = startWorker();
    this.#remote = wrap<Engine>(this.#worker);
    this.#worker.addEventListener("error", (event) => {
      this.end(
        `The engine's worker failed: ${event.message || "its script did not load"}. Load the model again.`,
      );
    });
  }

  /**
   * One call to the engine. Rejects at once when `signal` aborts or the worker ends; listeners and
   * ports made for the call are closed after it.
   */
  async call<Event, Result>(
    signal: AbortSignal | undefined,
    onProgress: (event: Event) => void,
    invoke: (
      remote: Remote<Engine>,
      signal: AbortSignal,
      report: (event: Event) => void,
    ) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const controller = new AbortController();
    let stop: (error: unknown) => void = ignore;
    const forward = () => stop(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    let live = true;
    const report = proxy((event: Event) => {
      if (live) onProgress(event);
    });
    try {
      return await new Promise<Result>((resolve, reject) => {
        stop = reject;
        this.#pending.add(reject);
        invoke(this.#remote, controller.signal, report).then(resolve, reject);
      });
    } catch (error) {
      throw isUncloneable(error)
        ? new OptionError(`An option is nothing that can be sent to a worker: ${error.message}`)
        : error;
    } finally {
      live = false;
      this.#pending.delete(stop);
      signal?.removeEventListener("abort", forward);
      // Stops what an abort leaves unfinished; after a result, it only closes the signal's port.
      controller.abort(signal?.reason);
    }
  }

  end(reason: string): void {
    if (this.#endedBy !== undefined) return;
    this.#endedBy = new EngineError(reason);
    this.#remote[releaseProxy]();
    this.#worker.terminate();
    for (const reject of this.#pending) reject(this.#endedBy);
  }
}

/** @throws EngineError where there are no workers, or the page's policy forbids this one */
function startWorker(): Worker {
  try {
    return new Worker(new URL("../worker/engine.worker.ts", import.meta.url), {
      type: "module",
      name: "fwhisper engine",
    });
  } catch (cause) {
    throw new EngineError(
      `The engine needs a Web Worker, which could not be started (${cause}). Is the page's Content-Security-Policy in the way?`,
      {},
      { cause },
    );
  }
}

function isUncloneable(error: unknown): error is DOMException {
  return error instanceof DOMException && error.name === "DataCloneError";
}

/** A relative address as the page means it. */
function absolute(model: string): string {
  return /^\.{0,2}\//.test(model)
    ? new URL(model, globalThis.document?.baseURI ?? location.href).href
    : model;
}

function ignore(): void {}
