import type { FwhisperError } from "../errors.ts";
import type { LoadProgress, StreamEvent, TranscribeProgress, Transcript } from "../results.ts";

/** The events of `<speech-transcriber>`; all bubble and leave the shadow tree. */
export interface SpeechTranscriberEventMap {
  /** A recording was recognised. */
  transcript: CustomEvent<Transcript>;
  /** Text has come, final or not, of a recording or the microphone. */
  caption: CustomEvent<StreamEvent>;
  /** The model loads or audio is recognised; `detail.status` tells which. */
  progress: CustomEvent<LoadProgress | TranscribeProgress>;
  /** Something was refused or went wrong; the element shows it in words, too. */
  failure: CustomEvent<FwhisperError | Error>;
}

/** `addEventListener` that knows the element's own events besides those of every element. */
export interface SpeechTranscriberEvents {
  addEventListener<Type extends keyof SpeechTranscriberEventMap>(
    type: Type,
    listener: (event: SpeechTranscriberEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof SpeechTranscriberEventMap>(
    type: Type,
    listener: (event: SpeechTranscriberEventMap[Type]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}
