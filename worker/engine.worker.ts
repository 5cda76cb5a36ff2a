import { expose, type ProxyMethods, releaseProxy } from "comlink";
import { inTurn, Turns } from "../src/async/turns.ts";
import { streamLive } from "../src/captions/stream-live.ts";
import { EngineError, ModelError, TokenizerError } from "../src/errors.ts";
import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import type { ModelInfo } from "../src/model-info.ts";
import type { DecodingOptions, LiveOptions } from "../src/options/options.ts";
import type { LoadProgress, StreamEvent, TranscribeProgress, Transcript } from "../src/results.ts";
import { locateModel } from "../src/storage/locate.ts";
import { openModelFiles } from "../src/storage/model-files.ts";
import { deleteModel } from "../src/storage/stored-models.ts";
import { loadRecogniser, type Recogniser } from "../src/transcription/recogniser.ts";
import { streamRecording } from "../src/transcription/stream-recording.ts";
import type { Engine, ModelRequest } from "../src/wire/protocol.ts";
import { installTransferHandlers } from "../src/wire/transfer-handlers.ts";
import { workerHost } from "./kernel-host.ts";

/** A callback on the page; Comlink keeps its port open until it is released. */
type PageCallback<Event> = ((event: Event) => Promise<void>) & ProxyMethods;

interface Loaded {
  readonly recogniser: Recogniser;
  readonly kernels: Kernels;
}

class WorkerEngine implements Engine {
  /** The model, or why there is none. */
  #held: Loaded | EngineError = new EngineError("No model is loaded.");
  /** One model, one heap, one call at a time. */
  readonly #turns = new Turns();

  load(
    { model, revision, host, weights, threads }: ModelRequest,
    signal: AbortSignal,
    onProgress: (event: LoadProgress) => void,
  ): Promise<ModelInfo> {
    return this.#inTurn(signal, onProgress, async (report) => {
      const location = locateModel(model, { revision, host });
      const files = openModelFiles(location, { signal, onProgress: report });
      const kernels = await instantiateKernels(workerHost, { threads });
      try {
        const recogniser = await loadRecogniser(kernels, files, { weights, signal });
        await files.markComplete();
        this.#hold({ recogniser, kernels });
      } catch (error) {
        kernels.dispose();
        // What is no model must not be kept: the next try fetches it anew.
        const isDamaged = error instanceof ModelError || error instanceof TokenizerError;
        if (isDamaged) await deleteModel(location.id).catch(() => {});
        throw error;
      }
      const info = { id: location.id, ...this.#recogniser.facts };
      report({ status: "ready", wasmBytes: info.wasmBytes });
      return info;
    });
  }

  transcribe(
    samples: Float32Array,
    options: DecodingOptions,
    signal: AbortSignal,
    onProgress: (event: TranscribeProgress) => void,
  ): Promise<Transcript> {
    return this.#inTurn(signal, onProgress, async (report) => {
      return this.#recogniser.transcribe(samples, options, { signal, onProgress: report });
    });
  }

  stream(
    source: Float32Array | AsyncIterable<Float32Array>,
    options: DecodingOptions & LiveOptions,
    signal: AbortSignal,
    onProgress: (event: TranscribeProgress) => void,
  ): AsyncIterableIterator<readonly StreamEvent[]> {
    const callback = onProgress as unknown as PageCallback<TranscribeProgress>;
    const events = this.#events(source, options, signal, callback);
    const items = inTurn(this.#turns.take(signal), events);
    // Whoever aborts may ask for nothing more.
    const end = () => {
      callback[releaseProxy]();
      void items.return?.().catch(() => {});
      if (!(source instanceof Float32Array)) void source[Symbol.asyncIterator]().return?.();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return items;
  }

  async *#events(
    source: Float32Array | AsyncIterable<Float32Array>,
    options: DecodingOptions & LiveOptions,
    signal: AbortSignal,
    report: PageCallback<TranscribeProgress>,
  ): AsyncGenerator<readonly StreamEvent[], undefined, undefined> {
    const recogniser = this.#recogniser;
    try {
      if (source instanceof Float32Array) {
        const onProgress = (event: TranscribeProgress) => void report(event);
        yield* streamRecording(recogniser, source, options, { signal, onProgress });
      } else {
        const events = streamLive(recogniser, source, options, signal);
        for await (const event of events) yield [event];
      }
    } catch (error) {
      throw this.#failure(error);
    }
    return undefined;
  }

  /** @throws EngineError before a model is loaded, and after the kernels failed */
  get #recogniser(): Recogniser {
    if (this.#held instanceof EngineError) throw this.#held;
    return this.#held.recogniser;
  }

  #hold(next: Loaded | EngineError): void {
    if (!(this.#held instanceof EngineError)) this.#held.kernels.dispose();
    this.#held = next;
  }

  /**
   * What a call rejects with when it was ended by `error`. A trap of the kernels, on whatever thread,
   * leaves their memory and threads in no state to go on from: the model is let go.
   */
  #failure(error: unknown): unknown {
    if (!(error instanceof WebAssembly.RuntimeError)) return error;
    const message = `The kernels failed (${error.message}). Load the model again.`;
    const failure = new EngineError(message, {}, { cause: error });
    this.#hold(failure);
    return failure;
  }

  async #inTurn<Event, Result>(
    signal: AbortSignal,
    onProgress: (event: Event) => void,
    run: (report: (event: Event) => void) => Promise<Result>,
  ): Promise<Result> {
    const callback = onProgress as unknown as PageCallback<Event>;
    let delivered = Promise.resolve();
    let endTurn = () => {};
    try {
      endTurn = await this.#turns.take(signal);
      const result = await run((event) => {
        delivered = callback(event);
      });
      // Progress and result travel through two ports: the result must not overtake the last event.
      await delivered;
      return result;
    } catch (error) {
      throw this.#failure(error);
    } finally {
      endTurn();
      callback[releaseProxy]();
    }
  }
}

installTransferHandlers();
expose(new WorkerEngine());
