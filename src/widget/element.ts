/**
 * The entry `fwhisper/element`: importing it defines `<speech-transcriber>`. See
 * `SpeechTranscriber` for its attributes, properties, methods and events.
 */

import { SpeechTranscriber } from "./speech-transcriber.ts";

export type { SpeechTranscriberEventMap } from "./jobs.ts";
export { SpeechTranscriber };

declare global {
  interface HTMLElementTagNameMap {
    "speech-transcriber": SpeechTranscriber;
  }
}

// Two copies of the package on one page must not stop each other.
if (!customElements.get("speech-transcriber")) {
  customElements.define("speech-transcriber", SpeechTranscriber);
}
