import { expose, type ProxyMethods, releaseProxy } from "comlink";
import { EngineError, ModelError, TokenizerError } from "../src/errors.ts";
import { instantiateKernels } from "../src/kernels/kernels.ts";
import type { DecodingOptions } from "../src/options.ts";
import type { LoadProgress, TranscribeProgress, Transcript } from "../src/results.ts";
import { locateModel } from "../src/storage/locate.ts";
import { openModelFiles } from "../src/storage/model-files.ts";
import { deleteModel } from "../src/storage/stored-models.ts";
import { loadRecogniser, type Recogniser } from "../src/transcription/recogniser.ts";
import type { Engine, ModelInfo, ModelRequest } from "./protocol.ts";
import { installTransferHandlers } from "./transfer-handlers.ts";

/** A callback on the page; Comlink keeps its port open until it is released. */
type PageCallback<Event> = ((event: Event) => Promise<void>) & ProxyMethods;

class WorkerEngine implements Engine {
  #recogniser: Recogniser | undefined;
  /** The end of the call before: one model, one heap, one call at a time. */
  #previous: Promise<unknown> = Promise.resolve();

  load(
    { model, ...options }: ModelRequest,
    signal: AbortSignal,
    onProgress: (event: LoadProgress) => void,
  ): Promise<ModelInfo> {
    return this.#inTurn(signal, onProgress, async (report) => {
      const location = locateModel(model, options);
      const files = openModelFiles(location, { signal, onProgress: report });
      const kernels = await instantiateKernels(await fetchKernels());
      try {
        this.#recogniser = await loadRecogniser(kernels, files, signal);
      } catch (error) {
        // What is no model must not be kept: the next try fetches it anew.
        const isDamaged = error instanceof ModelError || error instanceof TokenizerError;
        if (isDamaged) await deleteModel(location.id).catch(() => {});
        throw error;
      }
      await files.markComplete();
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
      if (this.#recogniser === undefined) throw new EngineError("No model is loaded.");
      return this.#recogniser.transcribe(samples, options, { signal, onProgress: report });
    });
  }

  async #inTurn<Event, Result>(
    signal: AbortSignal,
    onProgress: (event: Event) => void,
    run: (report: (event: Event) => void) => Promise<Result>,
  ): Promise<Result> {
    const callback = onProgress as unknown as PageCallback<Event>;
    let delivered = Promise.resolve();
    const turn = this.#previous.then(() => {
      signal.throwIfAborted();
      return run((event) => {
        delivered = callback(event);
      });
    });
    this.#previous = turn.catch(() => {});
    try {
      const result = await turn;
      // Progress and result travel through two ports: the result must not overtake the last event.
      await delivered;
      return result;
    } finally {
      callback[releaseProxy]();
    }
  }
}

async function fetchKernels(): Promise<ArrayBuffer> {
  const url = new URL("../build/kernels.wasm", import.meta.url);
  const response = await fetch(url);
  if (!response.ok) {
    throw new EngineError(`The kernels did not load: ${url} answered ${response.status}.`);
  }
  return response.arrayBuffer();
}

installTransferHandlers();
expose(new WorkerEngine());
