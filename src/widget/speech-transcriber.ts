import type { AudioSource } from "../audio/decode-audio.ts";
import type { ModelInfo } from "../model-info.ts";
import type { DecodingOptions, LoadOptions } from "../options/options.ts";
import type { Transcript } from "../results.ts";
import { openTranscriber, type Transcriber } from "../transcriber.ts";
import { listenToControls } from "./controls.ts";
import { Jobs, type SpeechTranscriberEventMap } from "./jobs.ts";
import { render } from "./render.ts";
import { finalSegments } from "./state.ts";
import { createView, showModel, type View } from "./template.ts";

/** `addEventListener` that knows the element's own events besides those of every element. */
interface SpeechTranscriberEvents {
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

/** The element's own events come first, so that `progress` is ours and not XMLHttpRequest's. */
const TypedElement = HTMLElement as unknown as new () => SpeechTranscriberEvents & HTMLElement;

/**
 * `<speech-transcriber>`: speech to text from a sample, a file or the microphone, in this tab.
 *
 * The model is loaded when it is first needed, in a worker of its own that ends when the element
 * leaves the page.
 *
 * Attributes, each also a property:
 * - `model`: "embedded" (the default), the short name of a well-known model ("base"), a Hugging Face
 *   id, or the URL of a folder in that layout.
 *   Changing it cancels what is under way.
 * - `sample`: URL of a recording for the sample button; without it there is no such button.
 * - `language`: code of the language that is spoken; without it the model decides.
 * - `preload`: load the model as soon as the element is on the page.
 *
 * Events: `transcript` (detail: Transcript), `caption` (detail: StreamEvent), `progress` (detail:
 * LoadProgress or TranscribeProgress), `failure` (detail: the error).
 *
 * Theming: the custom properties `--transcriber-accent`, `-on-accent`, `-background`, `-raised`,
 * `-text`, `-quiet`, `-line`, `-alarm` (colours), `-radius` and `-font`; the parts `card`, `drop`,
 * `result` and `text`. Light or dark follows the page's `color-scheme`.
 */
export class SpeechTranscriber extends TypedElement {
  static readonly observedAttributes = ["model", "sample", "preload"];

  readonly #view: View;
  #shownModel: string | undefined;
  readonly #jobs = new Jobs(loadTranscriber, {
    show: () => this.#show(),
    emit: (type, detail) => {
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    },
  });

  constructor() {
    super();
    this.#view = createView(this.attachShadow({ mode: "open" }));
    const run = (work: Promise<unknown>) => void work.catch(() => {}); // it is on show already
    listenToControls(this.#view, {
      transcribeSample: () => run(this.transcribe(new URL(this.sample, document.baseURI))),
      transcribeFile: (file) => run(this.transcribe(file)),
      toggleRecording: () => {
        if (this.#jobs.isListening) this.stopRecording();
        else run(this.record());
      },
      cancel: () => this.cancel(),
      finalSegments: () => finalSegments(this.#jobs.state),
      chooseModel: (model) => {
        this.model = model;
      },
      loadModel: () => run(this.load()),
    });
  }

  get model(): string {
    return this.getAttribute("model") || "embedded";
  }

  set model(model: string) {
    this.setAttribute("model", model);
  }

  get sample(): string {
    return this.getAttribute("sample") ?? "";
  }

  set sample(url: string) {
    this.setAttribute("sample", url);
  }

  get language(): string {
    return this.getAttribute("language") ?? "";
  }

  set language(code: string) {
    this.setAttribute("language", code);
  }

  get preload(): boolean {
    return this.hasAttribute("preload");
  }

  set preload(preload: boolean) {
    this.toggleAttribute("preload", preload);
  }

  /** The last result; null before the first, and while another is being made. */
  get transcript(): Transcript | null {
    return this.#jobs.state.transcript;
  }

  connectedCallback(): void {
    this.#show();
    this.#preloadIfAsked();
  }

  disconnectedCallback(): void {
    this.#jobs.letModelGo();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === "model" && before !== after) this.#jobs.letModelGo();
    this.#show();
    this.#preloadIfAsked();
  }

  /** Loads the model if it is not loaded yet. Rejects as `createTranscriber` does. */
  load(): Promise<ModelInfo> {
    return this.#jobs.load(this.model);
  }

  /**
   * Recognises a recording of any length and shows its text as it comes. Cancels what is under way.
   * Rejects as `createTranscriber` and `Transcriber.stream` do.
   */
  transcribe(source: AudioSource, options: DecodingOptions = {}): Promise<Transcript> {
    return this.#jobs.transcribe(this.model, source, this.#withLanguage(options));
  }

  /**
   * Listens to the microphone and shows live captions until `stopRecording` is called or the device is
   * gone. Rejects as `createTranscriber`, `openMicrophone` and `Transcriber.stream` do.
   */
  record(options: DecodingOptions = {}): Promise<Transcript> {
    return this.#jobs.record(this.model, this.#withLanguage(options));
  }

  /** Ends a recording; `record` resolves when all that was said is recognised. */
  stopRecording(): void {
    this.#jobs.stopRecording();
  }

  /** Ends what is under way; its promise rejects with an AbortError. Text that is final stays on show. */
  cancel(): void {
    this.#jobs.cancel();
  }

  #withLanguage(options: DecodingOptions): DecodingOptions {
    return { ...(this.language !== "" && { language: this.language }), ...options };
  }

  #preloadIfAsked(): void {
    const wanted = this.preload && this.isConnected && this.#jobs.state.model === null;
    if (wanted && !this.#jobs.isWorking) void this.load().catch(() => {});
  }

  #show(): void {
    render(this.#view, this.#jobs.state);
    this.#view.sample.hidden = this.sample === "";
    if (this.model === this.#shownModel) return; // someone may be choosing
    this.#shownModel = this.model;
    showModel(this.#view, this.model);
  }
}

/** Loads what the element's `model` says. The embedded model's addresses come when they are needed. */
async function loadTranscriber(model: string, options: LoadOptions): Promise<Transcriber> {
  if (model !== "embedded") return openTranscriber(model, options);
  const { embeddedModel } = await import("../embedded-model.ts");
  options.signal?.throwIfAborted();
  return openTranscriber(embeddedModel, options);
}
