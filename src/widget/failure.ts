import {
  AudioError,
  DownloadError,
  EngineError,
  FwhisperError,
  MemoryLimitError,
  ModelError,
  OptionError,
  StorageError,
  TokenizerError,
} from "../errors.ts";

/** An error as the element shows it. */
export interface Failure {
  readonly title: string;
  /** What was expected, what was found, what to do. */
  readonly message: string;
}

const titles: readonly (readonly [typeof FwhisperError, string])[] = [
  [AudioError, "This audio cannot be used"],
  [DownloadError, "The download failed"],
  [ModelError, "This model cannot be used"],
  [TokenizerError, "This model cannot be used"],
  [OptionError, "That cannot be done"],
  [MemoryLimitError, "This model is too large for this device"],
  [StorageError, "This browser's storage failed"],
  [EngineError, "The engine stopped"],
];

/** Words for whatever was thrown. Our own errors say what to do; others get that added. */
export function describeFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof FwhisperError)) {
    return {
      title: "Something unexpected happened",
      message: `${message || "No reason was given"}. Reload the page and try again.`,
    };
  }
  const [, title = "That did not work"] = titles.find(([kind]) => error instanceof kind) ?? [];
  return { title, message };
}
