import { isSpeech } from "../decoding/fallback.ts";
import { stripSpace } from "../tokenizer/white-space.ts";
import type { HeardWindow } from "./heard-window.ts";
import type { WindowListener } from "./window-listener.ts";

/**
 * Recognises audio that one window holds, without timestamps, as whisper/decoding.py's `decode` does:
 * what is missing of the window is silence, and all that is decoded is one segment.
 */
export async function hearWindow(
  listener: WindowListener,
  samples: Float32Array,
): Promise<HeardWindow> {
  const { loaded, progress, initialPrompt: prompt } = listener;
  const { features, tokenizer } = loaded.description;
  const duration = samples.length / features.sampleRate;
  progress.enter(0, duration);

  const { window, plan } = await listener.listen(
    () => listener.placeLogMel(samples),
    async (decoder) => {
      listener.detectLanguage(decoder);
      return listener.decode(decoder, { prompt, timestamps: false, seek: 0, isFirst: true });
    },
  );
  const hasSpeech = isSpeech(window, plan);
  const { tokens } = window;
  const text = hasSpeech ? tokenizer.decodeText(tokens) : "";
  return {
    seek: 0,
    frameCount: Math.floor(samples.length / features.hopLength),
    promptLength: prompt.length,
    decoded: window,
    isSpeech: hasSpeech,
    segments: stripSpace(text) === "" ? [] : [{ start: 0, end: duration, text, tokens }],
    tokens,
  };
}
