import { describeValue } from "./describe-value.ts";

/**
 * Every refusal of fwhisper is one of these classes. The message says what was expected, what was
 * found and what to do; the fields carry the same facts for programs. All of them survive the trip
 * from the worker to the page (worker/transfer-handlers.ts).
 */

/** Facts about a failure, safe to clone between threads. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * The base of all typed errors. `name` is the class's name, written out because minifiers rename
 * classes: page and worker must agree on it.
 */
export class FwhisperError extends Error {
  override readonly name: string = "FwhisperError";
  readonly details: ErrorDetails;

  constructor(message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.details = details;
  }
}

/**
 * An option that is unknown, out of range, or impossible with this model.
 * `details`: where they apply `option`, with which the message begins, `expected`, `found`.
 */
export class OptionError extends FwhisperError {
  override readonly name = "OptionError";
}

/** @param option "a and b" where two are at fault together */
export function refuse(option: string, reason: string, facts: ErrorDetails = {}): OptionError {
  return new OptionError(`${option}: ${reason}`, { option, ...facts });
}

/** A value that an option does not take; undefined where what was found needs no telling. */
export function refuseValue(
  option: string,
  expected: string,
  value?: unknown,
  advice = "",
): OptionError {
  const found = value === undefined ? undefined : describeValue(value);
  const shown = found === undefined ? "" : `; found ${found}`;
  return refuse(option, `expected ${expected}${shown}.${advice && ` ${advice}`}`, {
    expected,
    found,
  });
}

/** Audio that cannot be read or is empty. */
export class AudioError extends FwhisperError {
  override readonly name = "AudioError";
}

/**
 * A file of a model is missing, damaged, or does not fit the model's config.
 * `details`: `file`, and where they apply `tensor`, `expected`, `found`.
 */
export class ModelError extends FwhisperError {
  override readonly name = "ModelError";
}

/** The tokenizer's files are damaged, or a token id lies outside the vocabulary. */
export class TokenizerError extends FwhisperError {
  override readonly name = "TokenizerError";
}

/** The network failed or answered with an error. `details`: `url`, `status`. */
export class DownloadError extends FwhisperError {
  override readonly name = "DownloadError";
}

/** The model store cannot be read or written. */
export class StorageError extends FwhisperError {
  override readonly name = "StorageError";
}

/** The model does not fit into WebAssembly's memory. `details`: `neededBytes`, `limitBytes`. */
export class MemoryLimitError extends FwhisperError {
  override readonly name = "MemoryLimitError";
}

/** The engine cannot run here (no WebAssembly SIMD, no worker), crashed, or was disposed. */
export class EngineError extends FwhisperError {
  override readonly name = "EngineError";
}

/** By name, so that an error can be rebuilt on the other side of a worker boundary. */
export const errorClasses: Readonly<
  Record<string, new (message: string, details?: ErrorDetails) => FwhisperError>
> = {
  FwhisperError,
  OptionError,
  AudioError,
  ModelError,
  TokenizerError,
  DownloadError,
  StorageError,
  MemoryLimitError,
  EngineError,
};
