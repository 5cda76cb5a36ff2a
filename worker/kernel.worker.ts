/** One thread of the pool (src/kernels/thread-pool.ts). */

import type { KernelExports } from "../build/kernel-exports.d.ts";
import type { ThreadMessage } from "../src/kernels/thread-pool.ts";

let exports: KernelExports;
const now = () => performance.now();

addEventListener("message", ({ data }: MessageEvent<ThreadMessage>) => {
  if ("thread" in data) {
    serve(data.thread);
    return;
  }
  const { module, memory } = data;
  const instance = new WebAssembly.Instance(module, { env: { memory, now } });
  exports = instance.exports as unknown as KernelExports;
  postMessage("ready");
});

/** Between two calls the browser can end this worker. */
function serve(thread: number): void {
  try {
    if (exports.serveKernels(thread)) setTimeout(serve, 0, thread);
  } catch (error) {
    // Whoever waits for this thread is told.
    exports.failThread();
    throw error;
  }
}
