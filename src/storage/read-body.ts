/** The connection broke, or the body ended early: what has come is good, and the rest may yet come. */
export class BrokenTransfer extends Error {}

/** The pieces of a body as they come. Safari cannot iterate over a stream by itself. */
export async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw new BrokenTransfer(`the connection failed: ${cause}`, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
