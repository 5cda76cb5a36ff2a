// worker/kernel.worker.ts for Node: plain JavaScript, since a thread of Node has none of the loaders
// that the command's own thread was started with.
import { parentPort } from "node:worker_threads";

let exports;
const now = () => performance.now();

parentPort.on("message", (message) => {
  if ("thread" in message) {
    exports.serveKernels(message.thread);
    return;
  }
  const { module, memory } = message;
  ({ exports } = new WebAssembly.Instance(module, { env: { memory, now } }));
  parentPort.postMessage("ready");
});
