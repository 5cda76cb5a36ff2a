import { proxy, type Remote, releaseProxy, wrap } from "comlink";
import type { Engine } from "../worker/protocol.ts";
import { installTransferHandlers } from "../worker/transfer-handlers.ts";
import { EngineError, OptionError } from "./errors.ts";

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
    invoke: Invoke<Event, Result>,
  ): Promise<Result> {
    const call = this.#begin(signal, onProgress);
    let forward = () => {};
    const aborted = new Promise<never>((_, reject) => {
      forward = () => reject(signal?.reason);
    });
    signal?.addEventListener("abort", forward, { once: true });
    try {
      const result = this.#unlessEnded(invoke(this.#remote, call.signal, call.report));
      return await Promise.race([result, aborted]);
    } catch (error) {
      throw explain(error);
    } finally {
      signal?.removeEventListener("abort", forward);
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
    let items: AsyncIterableIterator<readonly Item[]> | undefined;
    try {
      items = await this.#unlessEnded(invoke(this.#remote, call.signal, call.report));
      while (true) {
        signal?.throwIfAborted();
        const { done, value } = await this.#unlessEnded(items.next());
        if (done) return undefined;
        yield* value;
      }
    } catch (error) {
      // The reason itself, in place of what is left of it after two trips through a port.
      signal?.throwIfAborted();
      throw explain(error);
    } finally {
      call.end();
      void items?.return?.();
    }
  }

  end(reason: string): void {
    if (this.#endedBy !== undefined) return;
    this.#endedBy = new EngineError(reason);
    this.#remote[releaseProxy]();
    this.#worker.terminate();
    for (const reject of this.#pending) reject(this.#endedBy);
  }

  /** What a call is given: a signal that follows `signal`, and a callback that ends with the call. */
  #begin<Event>(signal: AbortSignal | undefined, onProgress: (event: Event) => void) {
    signal?.throwIfAborted();
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const controller = new AbortController();
    const forward = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    let live = true;
    const report = proxy((event: Event) => {
      if (live) onProgress(event);
    });
    const end = () => {
      live = false;
      signal?.removeEventListener("abort", forward);
      // Stops what is left unfinished; after a result, it only closes the ports made for the call.
      controller.abort();
    };
    return { signal: controller.signal, report, end };
  }

  /** `promise`, unless the worker ends first. */
  async #unlessEnded<Result>(promise: Promise<Result>): Promise<Result> {
    let fail: (error: unknown) => void = () => {};
    try {
      return await new Promise<Result>((resolve, reject) => {
        fail = reject;
        this.#pending.add(fail);
        if (this.#endedBy !== undefined) fail(this.#endedBy);
        promise.then(resolve, reject);
      });
    } finally {
      this.#pending.delete(fail);
    }
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

/** Words for what `postMessage` refuses. */
function explain(error: unknown): unknown {
  const isUncloneable = error instanceof DOMException && error.name === "DataCloneError";
  return isUncloneable
    ? new OptionError(`An option is nothing that can be sent to a worker: ${error.message}`)
    : error;
}
