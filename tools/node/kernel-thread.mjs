// worker/kernel.worker.ts for Node: plain JavaScript, since a thread of Node has none of the loaders
// that the command's own thread was started with.
import { parentPort } from "node:worker_threads";

let exports;
const now = () => performance.now();

parentPort.on("message", (message) => {
  if ("thread" in message) {
    serve(message.thread);
    return;
  }
  const { module, memory } = message;
  ({ exports } = new WebAssembly.Instance(module, { env: { memory, now } }));
  parentPort.postMessage("ready");
});

function serve(thread) {
  try {
    if (exports.serveKernels(thread)) setTimeout(serve, 0, thread);
  } catch (error) {
    // Whoever waits for this thread is told.
    exports.failThread();
    throw error;
  }
}
