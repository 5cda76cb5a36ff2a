import { proxy, type Remote, releaseProxy, wrap } from "comlink";
import { eitherSignal, untilAborted } from "../async/abort.ts";
import { EngineError } from "../errors.ts";
import type { Engine } from "./protocol.ts";
import { installTransferHandlers } from "./transfer-handlers.ts";

installTransferHandlers();

/** How a call reaches the worker; signal and callback are made for it. */
type Invoke<Event, Result> = (
  engine: Remote<Engine>,
  signal: AbortSignal,
  report: (event: Event) => void,
) => Promise<Result>;

/** The worker and the calls to it: cancelling, progress, and what happens when it dies. */
export class EngineThread {
  readonly #worker: Worker;
  readonly #remote: Remote<Engine>;
  /** Aborts when the worker ends, with the error that calls reject with from then on. */
  readonly #ended = new AbortController();

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
    invoke: Invoke<Event, Result>,
  ): Promise<Result> {
    const call = this.#begin(signal, onProgress);
    try {
      return await untilAborted(invoke(this.#remote, call.signal, call.report), call.signal);
    } finally {
      call.end();
    }
  }

  /**
   * A call whose result is items, pulled one after the other. When `signal` aborts, what the engine had
   * finished by then is still given before the reason is thrown, which is within one of its steps.
   * Whoever stops taking items stops the engine.
   */
  async *stream<Event, Item>(
    signal: AbortSignal | undefined,
    onProgress: (event: Event) => void,
    invoke: Invoke<Event, AsyncIterableIterator<readonly Item[]>>,
  ): AsyncGenerator<Item, undefined, undefined> {
    const call = this.#begin(signal, onProgress);
    const ended = this.#ended.signal;
    let items: AsyncIterableIterator<readonly Item[]> | undefined;
    try {
      items = await untilAborted(invoke(this.#remote, call.signal, call.report), ended);
      while (true) {
        signal?.throwIfAborted();
        const { done, value } = await untilAborted(items.next(), ended);
        if (done) return undefined;
        yield* value;
      }
    } catch (error) {
      // The reason itself, in place of what is left of it after two trips through a port.
      signal?.throwIfAborted();
      throw error;
    } finally {
      call.end();
      void items?.return?.();
    }
  }

  end(reason: string): void {
    if (this.#ended.signal.aborted) return;
    this.#remote[releaseProxy]();
    this.#worker.terminate();
    this.#ended.abort(new EngineError(reason));
  }

  /**
   * What a call is given: a signal that aborts with `signal`, with the worker and with the call, and a
   * callback that ends with it.
   */
  #begin<Event>(signal: AbortSignal | undefined, onProgress: (event: Event) => void) {
    signal?.throwIfAborted();
    this.#ended.signal.throwIfAborted();
    // Its end stops what is left unfinished; after a result, it only closes the ports made for the call.
    const call = eitherSignal(signal, this.#ended.signal);
    const report = proxy((event: Event) => {
      if (call.signal.aborted) return;
      try {
        onProgress(event);
      } catch (error) {
        // Not into the worker: it would end some calls and not others.
        reportError(error);
      }
    });
    return { ...call, report };
  }
}

/** @throws EngineError where there are no workers, or the page's policy forbids this one */
function startWorker(): Worker {
  try {
    return new Worker(new URL("../../worker/engine.worker.ts", import.meta.url), {
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
