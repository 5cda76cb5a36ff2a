import { EngineError, FwhisperError, OptionError } from "../src/errors.ts";

/** Whether another recording may fare better: it is neither the options nor the engine. */
export function isOfOneRecording(error: unknown): error is FwhisperError {
  if (error instanceof OptionError || error instanceof EngineError) return false;
  return error instanceof FwhisperError;
}

/** What happened to which recording. */
export function describeFailure(recording: string, { name, message }: FwhisperError): string {
  return `${name}: ${message.includes(recording) ? message : `${recording}: ${message}`}`;
}

/** What a command ends with that went on without some of its recordings. */
export function someFailed(failures: number, total: number): FwhisperError {
  return new FwhisperError(`${failures} of ${total} recordings failed.`, { failures });
}
