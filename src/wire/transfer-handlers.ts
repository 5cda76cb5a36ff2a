/**
 * What Comlink cannot carry by itself, in both directions: abort signals, async iterables and typed
 * errors. Page and worker each call `installTransferHandlers` once.
 */

import { type TransferHandler, transferHandlers } from "comlink";
import { type ErrorDetails, errorClasses, FwhisperError } from "../errors.ts";
import { giveValues, takeValues } from "./iterable-port.ts";

export function installTransferHandlers(): void {
  const plain = transferHandlers.get("throw") as ThrowHandler<unknown>;
  const errors = typedErrorHandler(plain);
  transferHandlers.set("abort-signal", abortSignalHandler);
  transferHandlers.set("async-iterable", asyncIterableHandler(errors));
  transferHandlers.set("throw", errors);
}

type SerializedSignal =
  | { readonly aborted: true; readonly reason: unknown }
  | { readonly aborted: false; readonly port: MessagePort };

/**
 * The other side gets a signal of its own that follows through a port. The port stays open until
 * the signal aborts: whoever makes a signal for a call aborts it when the call is over.
 */
const abortSignalHandler: TransferHandler<AbortSignal, SerializedSignal> = {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize(signal) {
    if (signal.aborted) return [{ aborted: true, reason: sendableReason(signal.reason) }, []];
    const { port1, port2 } = new MessageChannel();
    const forward = () => {
      port1.postMessage(sendableReason(signal.reason));
      port1.close();
    };
    signal.addEventListener("abort", forward, { once: true });
    return [{ aborted: false, port: port2 }, [port2]];
  },
  deserialize(serialized) {
    const controller = new AbortController();
    if (serialized.aborted) {
      controller.abort(serialized.reason);
    } else {
      serialized.port.onmessage = ({ data }) => {
        controller.abort(data);
        serialized.port.close();
      };
    }
    return controller.signal;
  },
};

/** A reason may be anything; what structured cloning refuses becomes its text. */
function sendableReason(reason: unknown): unknown {
  return isCloneable(reason) ? reason : new DOMException(String(reason), "AbortError");
}

/** So may what a source throws, which is no abort. */
function sendableFault(thrown: unknown): unknown {
  return thrown instanceof Error || isCloneable(thrown) ? thrown : new Error(String(thrown));
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The other side gets an iterator of its own that pulls values through a port: see iterable-port.ts.
 * The port stays open until the values end or `return()` is called: whoever is given an iterable calls
 * that, used or not.
 */
function asyncIterableHandler(
  errors: ThrowHandler<SerializedThrow>,
): TransferHandler<AsyncIterable<unknown>, MessagePort> {
  const codec = {
    encode: (thrown: unknown) => errors.serialize({ value: sendableFault(thrown) })[0],
    decode: (fault: SerializedThrow) => {
      try {
        return errors.deserialize(fault);
      } catch (error) {
        return error;
      }
    },
  };
  return {
    canHandle: (value): value is AsyncIterable<unknown> => {
      return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
    },
    serialize(iterable) {
      const { port1, port2 } = new MessageChannel();
      giveValues(iterable, port1, codec);
      return [port2, [port2]];
    },
    deserialize: (port) => takeValues(port, codec),
  };
}

/** What Comlink hands its "throw" handler. */
interface Thrown {
  readonly value: unknown;
}

/** Its `deserialize` throws what was thrown. */
type ThrowHandler<Serialized> = TransferHandler<Thrown, Serialized>;

type SerializedThrow = { readonly typed: SerializedError } | { readonly plain: unknown };

interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly stack: string | undefined;
}

/** Rebuilds our own classes by name; everything else travels as Comlink does it. */
function typedErrorHandler(plain: ThrowHandler<unknown>): ThrowHandler<SerializedThrow> {
  return {
    canHandle: plain.canHandle,
    serialize(thrown) {
      const { value } = thrown;
      if (value instanceof FwhisperError) {
        const { name, message, details, stack } = value;
        return [{ typed: { name, message, details, stack } }, []];
      }
      const [serialized, transferables] = plain.serialize(thrown);
      return [{ plain: serialized }, transferables];
    },
    deserialize(serialized) {
      if ("plain" in serialized) return plain.deserialize(serialized.plain);
      const { name, message, details, stack } = serialized.typed;
      const error = new (errorClasses[name] ?? FwhisperError)(message, details);
      if (stack !== undefined) error.stack = stack;
      throw error;
    },
  };
}
