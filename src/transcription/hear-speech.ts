import type { AlignmentDecoder } from "../alignment/find-alignment.ts";
import type { HeardWindow } from "./heard-window.ts";
import type { Cutting, ReadWindow } from "./read-window.ts";
import { SpeechSeek } from "./speech-seek.ts";
import type { SpeechWindow } from "./speech-windows.ts";
import type { WindowListener } from "./window-listener.ts";

/**
 * Recognises windows of speech, `batchSize` of them in one pass of the decoder, each by the seek loop
 * of whisper/transcribe.py. One at a time is told of the text before it; several together know nothing
 * of each other, and all are told of the initial prompt (as in faster-whisper's
 * BatchedInferencePipeline). The language is that of the first.
 *
 * Windows are yielded in the order of the recording, with its times; the kernels' memory holds one
 * batch at a time.
 */
export async function* hearSpeech(
  listener: WindowListener,
  recording: Float32Array,
  windows: readonly SpeechWindow[],
  { batchSize, cutting }: { readonly batchSize: number; readonly cutting: Cutting },
): AsyncGenerator<HeardWindow> {
  const { progress } = listener;
  const history = listener.beginHistory();
  const waiting = [...windows];
  /** In their order; some may be finished before one that comes earlier. */
  const begun: SpeechSeek[] = [];
  let doneSeconds = 0;
  for (;;) {
    const batch = begun.filter(({ isFinished }) => !isFinished);
    while (batch.length < batchSize && waiting.length > 0) {
      const isFirst = waiting.length === windows.length;
      const facts = { cutting, isFirst };
      const next = await SpeechSeek.measure(listener, recording, waiting.shift()!, facts);
      begun.push(next);
      batch.push(next);
    }
    if (batch.length === 0) return;
    const seconds = batch.reduce((sum, { remainingSeconds }) => sum + remainingSeconds, 0);
    progress.enter(doneSeconds, doneSeconds + seconds);
    const read = await hearTogether(listener, batch, history.prompt);
    if (batchSize === 1) for (const window of read) history.add(window);
    const left = batch.reduce((sum, { remainingSeconds }) => sum + remainingSeconds, 0);
    doneSeconds += seconds - left;
    progress.enter(doneSeconds, doneSeconds);
    while (begun[0] !== undefined) {
      yield* begun[0].takeHeard();
      if (!begun[0].isFinished) break;
      begun.shift();
    }
  }
}

/** The next part of each window. */
async function hearTogether(
  listener: WindowListener,
  batch: readonly SpeechSeek[],
  prompt: readonly number[],
): Promise<ReadWindow[]> {
  return listener.listenTogether(
    batch.map((window) => () => window.placeLogMel()),
    async (decoder) => {
      listener.detectLanguage(decoder);
      const requests = batch.map((window) => window.request(prompt));
      const decoded = await listener.decodeTogether(decoder, requests);
      const read: ReadWindow[] = [];
      for (const [i, window] of batch.entries()) {
        const own: AlignmentDecoder = {
          align: (tokens, pass) => decoder.align(tokens, pass, i),
        };
        read.push(await window.read(decoded[i]!, own, prompt.length));
      }
      return read;
    },
  );
}
