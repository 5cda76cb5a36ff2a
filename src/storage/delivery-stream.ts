import type { FileDelivery } from "./file-delivery.ts";

/**
 * A begun delivery as a stream. Nothing is fetched ahead of the reader, and cancelling ends the
 * download; an abort of the delivery's signal ends it too, whether or not somebody is reading.
 */
export function deliveryStream(delivery: FileDelivery): ReadableStream<Uint8Array> {
  const chunks = delivery.chunks();
  async function end(): Promise<void> {
    await chunks.return(undefined);
    // A generator that was never started runs no `finally`.
    await delivery.end();
  }
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        delivery.signal.addEventListener("abort", () => {
          controller.error(delivery.signal.reason);
          void end();
        });
      },
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        delivery.stop(reason);
        await end();
      },
    },
    { highWaterMark: 0 },
  );
}
