import { hearWindow } from "../../src/transcription/hear-window.ts";
import { Progress } from "../../src/transcription/progress.ts";
import { type LoadedModel, WindowListener } from "../../src/transcription/window-listener.ts";
import type { SpeechWindow } from "./speech-windows.ts";

/** What a model says of a window. */
export interface GreedyText {
  readonly recording: string;
  readonly text: string;
  /** Of the text alone. */
  readonly tokens: readonly number[];
}

/**
 * The text of each window, apart from all others: the likeliest token each time, no times, no second
 * attempt, and no text taken back for being improbable.
 */
export async function hearGreedily(
  loaded: LoadedModel,
  windows: readonly SpeechWindow[],
): Promise<GreedyText[]> {
  const { generation, tokenizer } = loaded.description;
  const language = generation.isMultilingual ? { language: "en" } : {};
  const options = { ...language, temperature: 0, noSpeechThreshold: null };
  const texts: GreedyText[] = [];
  for (const { recording, samples } of windows) {
    const listener = new WindowListener(loaded, options, new Progress({}));
    const { tokens } = await hearWindow(listener, samples);
    texts.push({ recording, text: tokenizer.decodeText(tokens), tokens });
  }
  return texts;
}
