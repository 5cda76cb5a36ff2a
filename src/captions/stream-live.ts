import { refuse } from "../errors.ts";
import { checkDecodingOptions, checkOption } from "../options/check-options.ts";
import { range } from "../options/option-table.ts";
import type { DecodingOptions, LiveOptions } from "../options/options.ts";
import type { StreamEvent } from "../results.ts";
import type { Recogniser } from "../transcription/recogniser.ts";
import { timingOf } from "../transcription/transcript-builder.ts";
import { VoiceActivityDetector } from "../vad/voice-activity.ts";
import { streamCaptions } from "./caption-stream.ts";
import { LiveCaptions } from "./live-captions.ts";
import { createHypothesise } from "./recognise-caption.ts";

/** Options that need the whole of a recording. */
const forRecordings = [
  "batchSize",
  "clipTimestamps",
  "hallucinationSilenceThreshold",
] as const satisfies readonly (keyof DecodingOptions)[];

/**
 * Captions a live source until it ends; see `streamCaptions`.
 *
 * @param source mono samples at the model's rate, in blocks of any length
 * @throws OptionError before the source is asked for anything
 */
export async function* streamLive(
  { loaded, loadSeconds }: Pick<Recogniser, "loaded" | "loadSeconds">,
  source: AsyncIterable<Float32Array>,
  { interval, maxLatency, ...options }: DecodingOptions & LiveOptions,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent, void, undefined> {
  for (const name of forRecordings) {
    if (options[name] === undefined || options[name] === null) continue;
    throw refuse(name, "this is for recordings; the source is live. Leave it out.");
  }
  checkDecodingOptions(options);
  const { features, tokenizer } = loaded.description;
  const speech = typeof options.voiceActivity === "object" ? options.voiceActivity : {};
  // More would fill the window with silence.
  const mostPadding = features.windowSamples / features.sampleRate / 4;
  checkOption("voiceActivity.padding", speech.padding, range(0, mostPadding));
  // Its look-ahead is of use from a second on, by which all text would be later.
  const detector = new VoiceActivityDetector(features.sampleRate, speech, 0);
  const captions = new LiveCaptions(features, detector, {
    ...(interval !== undefined && { interval }),
    ...(maxLatency !== undefined && { maxLatency }),
    takesSeveral: tokenizer.special.timestampBegin !== null,
  });
  const seconds = { features: 0, encode: 0, decode: 0 };
  const hypothesise = createHypothesise(loaded, options, seconds);
  for await (const event of streamCaptions(source, captions, hypothesise, { signal })) {
    if (event.status !== "done") yield event;
    else
      yield {
        ...event,
        timing: timingOf(seconds, { duration: event.duration, load: loadSeconds }),
      };
  }
}
