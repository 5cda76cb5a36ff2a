/** The entry `fwhisper/metrics`: how good a transcript is. */

export { type AlignmentStep, alignUnits } from "./alignment.ts";
export { type BasicNormaliserOptions, normaliseBasic } from "./basic-normaliser.ts";
export { type BootstrapOptions, bootstrapErrorRate, type ConfidenceInterval } from "./bootstrap.ts";
export { normaliseEnglish } from "./english-normaliser.ts";
export {
  characterErrorRate,
  countErrors,
  type ErrorCounts,
  errorRate,
  splitWords,
  totalErrors,
  wordErrorRate,
} from "./word-error-rate.ts";
