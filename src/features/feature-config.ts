import { JsonFields } from "../json-fields.ts";

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

/** transformers, WhisperFeatureExtractor.__init__. */
const defaults = {
  feature_size: 80,
  sampling_rate: 16000,
  hop_length: 160,
  chunk_length: 30,
  n_fft: 400,
};

/**
 * Reads preprocessor_config.json of a Hugging Face Whisper checkpoint.
 *
 * A field that is missing has the default of transformers' WhisperFeatureExtractor. `n_samples` and
 * `nb_max_frames` follow from the other fields and may be missing; where they stand
 * they must agree.
 *
 * @throws ModelError that names the field when it cannot be
 */
export function parseFeatureConfig(
  json: unknown,
  file = "preprocessor_config.json",
): FeatureConfig {
  const fields = new JsonFields(json, file);
  const sampleRate = fields.integer("sampling_rate", defaults.sampling_rate);
  const fftLength = fields.integer("n_fft", defaults.n_fft);
  if (fftLength % 2 !== 0) throw fields.wrong("n_fft", "an even number");
  const hopLength = fields.integer("hop_length", defaults.hop_length);
  const melBins = fields.integer("feature_size", defaults.feature_size);

  const windowSamples = fields.integer("chunk_length", defaults.chunk_length) * sampleRate;
  const windowFrames = Math.floor(windowSamples / hopLength);
  if (windowFrames < 1 || windowSamples <= fftLength / 2) {
    const expected = `seconds that hold at least one hop (${hopLength} samples) and half a frame (${fftLength / 2})`;
    throw fields.wrong("chunk_length", expected);
  }
  agree(fields, "n_samples", windowSamples);
  agree(fields, "nb_max_frames", windowFrames);
  return { sampleRate, fftLength, hopLength, melBins, windowSamples, windowFrames };
}

/** A field that repeats what the others say must say the same. */
function agree(fields: JsonFields, name: string, derived: number): void {
  if (fields.integer(name, derived) !== derived) {
    throw fields.wrong(name, `${derived}, as the other fields say`);
  }
}
