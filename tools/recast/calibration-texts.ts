import type { FloatModel } from "./float-model.ts";

/** At most a window of audio, and what the decoder is shown beside it. */
export interface CalibrationWindow {
  readonly samples: Float32Array;
  /** Start sequence and text tokens, the first text the likeliest one. */
  readonly texts: readonly CalibrationText[];
}

export interface CalibrationText {
  readonly tokens: readonly number[];
  /** Tokens of the start sequence: logits behind its last one and all that follow are text. */
  readonly promptLength: number;
}

/**
 * Temperatures of the texts of a window. A few minutes of speech are some hundred tokens, fewer than a
 * layer has inputs; sampled texts show the decoder's layers more of what they meet, at no recording's
 * cost.
 */
const TEMPERATURES = [0, 0.6, 0.8, 1] as const;
/** Tokens of a text, so that none that a hot temperature makes endless counts for many. */
const MOST_TOKENS = 200;

/** Cuts recordings into windows and lets the model, in float32, write down what it hears. */
export async function writeTexts(
  model: FloatModel,
  recordings: readonly Float32Array[],
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<CalibrationWindow[]> {
  const { sampleRate, windowDuration } = model.recogniser.facts;
  const windows = recordings.flatMap((samples) =>
    cutWindows(samples, Math.floor(windowDuration * sampleRate)),
  );
  const written: CalibrationWindow[] = [];
  for (const [index, samples] of windows.entries()) {
    onProgress(index, windows.length);
    const texts: CalibrationText[] = [];
    for (const [seed, temperature] of TEMPERATURES.entries()) {
      texts.push(await writeText(model, samples, { temperature, seed }, signal));
    }
    written.push({ samples, texts });
  }
  return written;
}

/** Pieces of `length`; a last one of less than half a second is left out. */
function cutWindows(samples: Float32Array, length: number): Float32Array[] {
  const windows: Float32Array[] = [];
  for (let at = 0; at < samples.length; at += length) {
    const window = samples.subarray(at, at + length);
    if (at === 0 || window.length > length / 60) windows.push(window);
  }
  return windows;
}

async function writeText(
  { recogniser, description }: FloatModel,
  samples: Float32Array,
  sampling: { temperature: number; seed: number },
  signal: AbortSignal,
): Promise<CalibrationText> {
  const { tokenizer, generation } = description;
  const { special, languages } = tokenizer;
  const options = { ...sampling, noSpeechThreshold: null, timestamps: "none" } as const;
  const { segments, language } = await recogniser.transcribe(samples, options, { signal });
  const start = [special.startOfTranscript];
  if (generation.isMultilingual) {
    start.push(languages.get(language!)!, special.transcribe!);
  }
  start.push(special.noTimestamps);
  const text = segments.flatMap(({ tokens }) => [...tokens]).slice(0, MOST_TOKENS);
  return { tokens: [...start, ...text], promptLength: start.length };
}
