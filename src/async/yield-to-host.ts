/**
 * Lets the event loop run once, so that an abort or a message can arrive. A macrotask without
 * setTimeout's four-millisecond clamp: setImmediate in Node, a message to oneself in browsers.
 */
export function yieldToHost(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
