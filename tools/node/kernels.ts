import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import {
  instantiateKernels,
  type KernelHost,
  type KernelOptions,
  type Kernels,
} from "../../src/kernels/kernels.ts";
import type { KernelThread } from "../../src/kernels/thread-pool.ts";

/** Node as the place where kernels run. */
export const nodeHost: KernelHost = {
  readModule: (name) => readFile(new URL(`../../build/kernels-${name}.wasm`, import.meta.url)),
  processors: availableParallelism(),
  startThread,
};

/** The built kernels; one thread unless told otherwise. */
export function instantiateNodeKernels(options: KernelOptions = {}): Promise<Kernels> {
  return instantiateKernels(nodeHost, { threads: 1, ...options });
}

function startThread(answer: (isReady: boolean) => void): KernelThread {
  const worker = new Worker(new URL("./kernel-thread.mjs", import.meta.url), { execArgv: [] });
  worker.once("message", () => {
    // A command may end without ending its threads, but not while it waits for them to start.
    worker.unref();
    answer(true);
  });
  worker.once("error", () => answer(false));
  return { send: (message) => worker.postMessage(message), end: () => void worker.terminate() };
}
