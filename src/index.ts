/**
 * The public names of `fwhisper`. Entries of their own: the custom element (`fwhisper/element`), the
 * embedded model's files (`fwhisper/tiny.en`) and error rates (`fwhisper/metrics`).
 */

export type { AudioSource } from "./audio/decode-audio.ts";
export type { LiveSource } from "./audio/live-source.ts";
// Models to choose from
export type { ModelShape, ModelSizes, StoredDtype } from "./catalogue/model-sizes.ts";
export {
  findWellKnownModel,
  type WellKnownModel,
  wellKnownModels,
} from "./catalogue/well-known-models.ts";
export { createTranscriber } from "./create-transcriber.ts";
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
// Transcripts as files
export { type CaptionOptions, toSRT, toVTT } from "./formats/captions.ts";
export { toJSON } from "./formats/json.ts";
export { toText, toTSV } from "./formats/text.ts";
export type { ModelInfo } from "./model-info.ts";
export type {
  DecodingOptions,
  EncoderContext,
  LiveOptions,
  LoadOptions,
  ModelFiles,
  StreamOptions,
  Task,
  TranscribeOptions,
  WeightsKind,
} from "./options/options.ts";
export type {
  LoadProgress,
  Segment,
  StreamEvent,
  Timing,
  TranscribeProgress,
  Transcript,
  Word,
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
export type { Transcriber } from "./transcriber.ts";
