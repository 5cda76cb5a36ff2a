/**
 * Async iterables across a MessagePort, pulled: one message each way for each `next()`, so that the
 * side that makes values works no faster than the side that takes them. Whoever stops taking sends
 * "return", which ends the iterator on the other side.
 */

import { asyncIterator } from "../async/iterators.ts";

/** From the side that takes. */
type Request = "next" | "return";

/** From the side that gives: one for each request. `Fault` is whatever stands for what was thrown. */
type Answer<Fault> =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "end" }
  | { readonly kind: "fault"; readonly fault: Fault };

/** How what was thrown travels. */
export interface FaultCodec<Fault> {
  /** Must give something that can be cloned. */
  encode(thrown: unknown): Fault;
  decode(fault: Fault): unknown;
}

/**
 * Gives the values of `iterable` to the other end of `port`, until they end, fail, or are no longer
 * wanted; then the port is closed. Its iterator is made at the first request.
 */
export function giveValues<Fault>(
  iterable: AsyncIterable<unknown>,
  port: MessagePort,
  codec: FaultCodec<Fault>,
): void {
  let iterator: AsyncIterator<unknown> | undefined;
  const answer = (answer: Answer<Fault>) => port.postMessage(answer);
  const end = (last: Answer<Fault>) => {
    answer(last);
    port.close();
  };
  const fail = (thrown: unknown) => end({ kind: "fault", fault: codec.encode(thrown) });
  const next = async () => {
    iterator ??= iterable[Symbol.asyncIterator]();
    const { done, value } = await iterator.next();
    if (done) return end({ kind: "end" });
    try {
      answer({ kind: "value", value });
    } catch (error) {
      // What cannot be cloned: whoever made it has to know that nobody takes more.
      await iterator.return?.();
      throw error;
    }
  };
  const stop = async () => {
    await iterator?.return?.();
    end({ kind: "end" });
  };
  port.onmessage = ({ data }: MessageEvent<Request>) => {
    void (data === "next" ? next() : stop()).catch(fail);
  };
}

/**
 * The values that the other end of `port` gives. For one consumer; `return()` while a value is awaited
 * is allowed, ends that wait, and does not itself wait for the other side.
 */
export function takeValues<Value, Fault>(
  port: MessagePort,
  codec: FaultCodec<Fault>,
): AsyncIterableIterator<Value, undefined> {
  type Result = IteratorResult<Value, undefined>;
  const over: Result = { done: true, value: undefined };
  const waiting: { resolve(result: Result): void; reject(error: unknown): void }[] = [];
  let ended = false;
  const end = () => {
    ended = true;
    for (const { resolve } of waiting.splice(0)) resolve(over);
  };
  port.onmessage = ({ data }: MessageEvent<Answer<Fault>>) => {
    const first = waiting.shift();
    if (data.kind === "value") {
      first?.resolve({ done: false, value: data.value as Value });
      return;
    }
    if (data.kind === "fault") first?.reject(codec.decode(data.fault));
    else first?.resolve(over);
    end();
    port.close();
  };
  return asyncIterator({
    next() {
      if (ended) return Promise.resolve(over);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        port.postMessage("next" satisfies Request);
      });
    },
    async end() {
      if (ended) return;
      // The port stays open for the answer, after which both sides close it.
      port.postMessage("return" satisfies Request);
      end();
    },
  });
}
