/** The public names of `fwhisper`. The custom element is the entry `fwhisper/element`. */

export type { ModelInfo } from "../worker/protocol.ts";
export type { AudioSource } from "./audio/decode-audio.ts";
// The microphone
export {
  type RecordedAudio,
  type Recording,
  type RecordMicrophoneOptions,
  recordMicrophone,
} from "./audio/microphone.ts";
// Refusals
export {
  AudioError,
  DownloadError,
  EngineError,
  type ErrorDetails,
  FwhisperError,
  MemoryLimitError,
  ModelError,
  OptionError,
  StorageError,
  TokenizerError,
} from "./errors.ts";
export type {
  DecodingOptions,
  EncoderContext,
  LoadOptions,
  Task,
  TranscribeOptions,
  WeightsKind,
} from "./options.ts";
export type {
  LoadProgress,
  Segment,
  Timing,
  TranscribeProgress,
  Transcript,
} from "./results.ts";

// Models kept in this browser
export {
  deleteModel,
  listModels,
  persistStorage,
  type StorageUsage,
  type StoredModel,
  storageUsage,
} from "./storage/stored-models.ts";
// Recognition
export { createTranscriber, type Transcriber } from "./transcriber.ts";
