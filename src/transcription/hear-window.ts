import { isSpeech } from "../decoding/fallback.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import type { HeardWindow } from "./heard-window.ts";
import { splitSegments } from "./split-segments.ts";
import type { WindowListener } from "./window-listener.ts";

/**
 * Recognises audio that one window holds, as whisper/decoding.py's `decode` does: what is missing of
 * the window is silence, and all that is decoded is kept, up to the end of the audio.
 */
export async function hearWindow(
  listener: WindowListener,
  samples: Float32Array,
): Promise<HeardWindow> {
  const { loaded, options, progress, initialPrompt } = listener;
  const { features, tokenizer } = loaded.description;
  const timestamps = (options.timestamps ?? "none") !== "none";
  const duration = samples.length / features.sampleRate;
  progress.enter(0, duration);

  const placeLogMel = () => listener.placeLogMel(samples);
  const { window, plan } = await listener.listen(placeLogMel, async (decoder) => {
    listener.detectLanguage(decoder);
    return listener.decode(decoder, { prompt: initialPrompt, timestamps, seek: 0, isFirst: true });
  });
  const hasSpeech = isSpeech(window, plan);
  const reading = {
    isTimestamp: (token: number) => timestamps && tokenizer.isTimestamp(token),
    seconds: (timestamp: number) => tokenizer.timestampSeconds(timestamp),
  };
  const segments = splitSegments(hasSpeech ? window.tokens : [], reading, duration)
    .map((segment) => ({ ...segment, text: tokenizer.decodeText(segment.tokens) }))
    .filter(({ text }) => stripSpace(text) !== "");
  return {
    seek: 0,
    frameCount: Math.floor(samples.length / features.hopLength),
    promptLength: initialPrompt.length,
    decoded: window,
    isSpeech: hasSpeech,
    segments,
    tokens: window.tokens,
  };
}
