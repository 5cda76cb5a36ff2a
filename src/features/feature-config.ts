import { ModelError } from "../errors.ts";

/** What preprocessor_config.json says of the log-mel spectrogram a model was trained on. */
export interface FeatureConfig {
  /** Samples per second. */
  readonly sampleRate: number;
  /** n_fft: samples in a frame, even. */
  readonly fftLength: number;
  /** Samples from one frame to the next. */
  readonly hopLength: number;
  readonly melBins: number;
  /** Samples of one window: 30 s of audio in Whisper's own models. */
  readonly windowSamples: number;
  /** Log-mel frames of one window. */
  readonly windowFrames: number;
}

/**
 * Reads preprocessor_config.json of a Hugging Face Whisper checkpoint.
 *
 * `n_samples` and `nb_max_frames` follow from the other fields and may be missing; where they stand
 * they must agree.
 *
 * @throws ModelError that names the field when it is missing or cannot be
 */
export function parseFeatureConfig(
  json: unknown,
  file = "preprocessor_config.json",
): FeatureConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw wrong(file, "the file", "a JSON object", json);
  }
  const fields = json as Readonly<Record<string, unknown>>;
  const sampleRate = positiveInteger(fields, "sampling_rate", file);
  const fftLength = positiveInteger(fields, "n_fft", file);
  if (fftLength % 2 !== 0) throw wrong(file, "n_fft", "an even number", fftLength);
  const hopLength = positiveInteger(fields, "hop_length", file);
  const melBins = positiveInteger(fields, "feature_size", file);

  const windowSamples = positiveInteger(fields, "chunk_length", file) * sampleRate;
  const windowFrames = Math.floor(windowSamples / hopLength);
  if (windowFrames < 1 || windowSamples <= fftLength / 2) {
    const expected = `a window of at least one hop (${hopLength}) and half a frame (${fftLength / 2})`;
    throw wrong(file, "chunk_length * sampling_rate", expected, windowSamples);
  }
  agree(fields, "n_samples", windowSamples, file);
  agree(fields, "nb_max_frames", windowFrames, file);
  return { sampleRate, fftLength, hopLength, melBins, windowSamples, windowFrames };
}

function positiveInteger(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  file: string,
): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw wrong(file, name, "a whole number of at least 1", value);
  }
  return value as number;
}

/** A field that repeats what the others say must say the same. */
function agree(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  derived: number,
  file: string,
): void {
  const value = fields[name] ?? derived;
  if (value !== derived) throw wrong(file, name, `${derived}, as the other fields say`, value);
}

function wrong(file: string, field: string, expected: string, value: unknown): ModelError {
  const found = value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
  return new ModelError(
    `${file}: ${field}: expected ${expected}, found ${found}. Use a model in the Hugging Face Whisper layout.`,
    { file, field, expected, found },
  );
}
