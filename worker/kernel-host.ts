import { EngineError } from "../src/errors.ts";
import type { KernelHost, KernelModule } from "../src/kernels/kernels.ts";
import type { KernelThread } from "../src/kernels/thread-pool.ts";

/** Each address written out, so that bundlers find the file behind it. */
const modules: Readonly<Record<KernelModule, URL>> = {
  plain: new URL("../build/kernels-plain.wasm", import.meta.url),
  relaxed: new URL("../build/kernels-relaxed.wasm", import.meta.url),
  "plain-threads": new URL("../build/kernels-plain-threads.wasm", import.meta.url),
  "relaxed-threads": new URL("../build/kernels-relaxed-threads.wasm", import.meta.url),
};

/** A worker of a browser as the place where kernels run. */
export const workerHost: KernelHost = {
  async readModule(name) {
    const response = await fetch(modules[name]);
    if (!response.ok) {
      throw new EngineError(
        `The kernels did not load: ${modules[name]} answered ${response.status}.`,
      );
    }
    return response.arrayBuffer();
  },
  // Safari had no such number until 15.4.
  processors: navigator.hardwareConcurrency || 1,
  // Older browsers have no workers in workers.
  startThread: globalThis.Worker === undefined ? undefined : startThread,
};

function startThread(answer: (isReady: boolean) => void): KernelThread {
  const worker = new Worker(new URL("./kernel.worker.ts", import.meta.url), {
    type: "module",
    name: "fwhisper thread",
  });
  worker.onmessage = () => answer(true);
  worker.onerror = () => answer(false);
  worker.onmessageerror = () => answer(false);
  return { send: (message) => worker.postMessage(message), end: () => worker.terminate() };
}
