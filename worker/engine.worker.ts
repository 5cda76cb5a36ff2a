import { expose, type ProxyMethods, releaseProxy } from "comlink";
import { EngineError, ModelError, TokenizerError } from "../src/errors.ts";
import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import type { DecodingOptions } from "../src/options.ts";
import type { LoadProgress, TranscribeProgress, Transcript } from "../src/results.ts";
import { locateModel } from "../src/storage/locate.ts";
import { openModelFiles } from "../src/storage/model-files.ts";
import { deleteModel } from "../src/storage/stored-models.ts";
import { loadRecogniser, type Recogniser } from "../src/transcription/recogniser.ts";
import { workerHost } from "./kernel-host.ts";
import type { Engine, ModelInfo, ModelRequest } from "./protocol.ts";
import { installTransferHandlers } from "./transfer-handlers.ts";

/** A callback on the page; Comlink keeps its port open until it is released. */
type PageCallback<Event> = ((event: Event) => Promise<void>) & ProxyMethods;

class WorkerEngine implements Engine {
  #loaded: { readonly recogniser: Recogniser; readonly kernels: Kernels } | undefined;
  /** The end of the call before: one model, one heap, one call at a time. */
  #previous: Promise<unknown> = Promise.resolve();

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
        this.#loaded?.kernels.dispose();
        this.#loaded = { recogniser, kernels };
      } catch (error) {
        kernels.dispose();
        // What is no model must not be kept: the next try fetches it anew.
        const isDamaged = error instanceof ModelError || error instanceof TokenizerError;
        if (isDamaged) await deleteModel(location.id).catch(() => {});
        throw error;
      }
      const info = { id: location.id, ...this.#loaded.recogniser.facts };
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
      if (this.#loaded === undefined) throw new EngineError("No model is loaded.");
      const { recogniser } = this.#loaded;
      return recogniser.transcribe(samples, options, { signal, onProgress: report });
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

installTransferHandlers();
expose(new WorkerEngine());
