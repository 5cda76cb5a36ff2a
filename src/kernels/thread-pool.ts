/**
 * The threads of a pool run `serveKernels` (assembly/threads/parallel.ts) on instances of one module that
 * share one memory. From then on they hear no messages: jobs reach them through that memory. A thread
 * in which it throws calls `failThread`, or the caller would wait for ever for what it was doing.
 */

/** What a thread is told: first what to instantiate, then, when it has answered "ready", its number. */
export type ThreadMessage =
  | { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  | { readonly thread: number };

/** A worker of a browser or of Node. */
export interface KernelThread {
  send(message: ThreadMessage): void;
  end(): void;
}

/** Starts a worker; `answer` hears of it once: it is ready to serve, or it failed. May throw. */
export type StartThread = (answer: (isReady: boolean) => void) => KernelThread;

export interface ThreadPool {
  /** Threads that serve, the caller's own included. */
  readonly threads: number;
  dispose(): void;
}

/** Browsers hold back workers beyond their limits, without an error. */
const START_LIMIT_MS = 5000;

/**
 * Starts `threads - 1` workers on `module` and `memory`. Those that do not come up are done without:
 * the pool is smaller then, never an error.
 */
export async function startThreads(
  threads: number,
  start: StartThread,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<ThreadPool> {
  const starting = Array.from({ length: threads - 1 }, () => startOne(start, module, memory));
  const ready = (await Promise.all(starting)).filter((thread) => thread !== null);
  for (const [i, thread] of ready.entries()) thread.send({ thread: i + 1 });
  return {
    threads: ready.length + 1,
    dispose() {
      for (const thread of ready) thread.end();
    },
  };
}

/** null when it did not come up. */
function startOne(
  start: StartThread,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<KernelThread | null> {
  return new Promise((resolve) => {
    let thread: KernelThread | undefined;
    const settle = (isReady: boolean) => {
      clearTimeout(timer);
      if (!isReady) thread?.end();
      resolve(isReady && thread !== undefined ? thread : null);
    };
    const timer = setTimeout(settle, START_LIMIT_MS, false);
    try {
      thread = start(settle);
      thread.send({ module, memory });
    } catch {
      settle(false);
    }
  });
}
