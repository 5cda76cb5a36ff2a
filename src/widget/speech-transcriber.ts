import type { ModelInfo } from "../../worker/protocol.ts";
import type { AudioSource } from "../audio/decode-audio.ts";
import { type Recording, recordMicrophone } from "../audio/microphone.ts";
import { EngineError } from "../errors.ts";
import type { DecodingOptions } from "../options.ts";
import type { LoadProgress, Transcript } from "../results.ts";
import { createTranscriber, type Transcriber } from "../transcriber.ts";
import { listenToControls } from "./controls.ts";
import type { SpeechTranscriberEventMap, SpeechTranscriberEvents } from "./events.ts";
import { describeFailure } from "./failure.ts";
import { ModelSlot } from "./model-slot.ts";
import { render } from "./render.ts";
import { initialState, nextState, type WidgetEvent, type WidgetState } from "./state.ts";
import { createView, type View } from "./template.ts";
import { untilAborted } from "./until-aborted.ts";

/** The element's own events come first, so that `progress` is ours and not XMLHttpRequest's. */
const TypedElement = HTMLElement as unknown as new () => SpeechTranscriberEvents & HTMLElement;

/**
 * `<speech-transcriber>`: speech to text from a sample, a file or the microphone, in this tab.
 *
 * The model is loaded when it is first needed, in a worker of its own that ends when the element
 * leaves the page.
 *
 * Attributes, each also a property:
 * - `model`: "embedded" (the default), a Hugging Face id, or the URL of a folder in that layout.
 *   Changing it cancels what is under way.
 * - `sample`: URL of a recording for the sample button; without it there is no such button.
 * - `language`: code of the language that is spoken; without it the model decides.
 * - `preload`: load the model as soon as the element is on the page.
 *
 * Events: `transcript` (detail: Transcript), `progress` (detail: LoadProgress or
 * TranscribeProgress), `failure` (detail: the error).
 *
 * Theming: the custom properties `--transcriber-accent`, `-on-accent`, `-background`, `-raised`,
 * `-text`, `-quiet`, `-line`, `-alarm` (colours), `-radius` and `-font`; the parts `card`, `drop`,
 * `result` and `text`. Light or dark follows the page's `color-scheme`.
 */
export class SpeechTranscriber extends TypedElement {
  static readonly observedAttributes = ["model", "sample", "preload"];

  readonly #view: View;
  readonly #slot = new ModelSlot(createTranscriber);
  #state: WidgetState = initialState;
  /** The work under way; a new one aborts it. */
  #job: AbortController | undefined;
  #recording: Recording | undefined;

  constructor() {
    super();
    this.#view = createView(this.attachShadow({ mode: "open" }));
    const run = (work: Promise<unknown>) => void work.catch(() => {}); // it is on show already
    listenToControls(this.#view, {
      transcribeSample: () => run(this.transcribe(new URL(this.sample, document.baseURI))),
      transcribeFile: (file) => run(this.transcribe(file)),
      toggleRecording: () => run(this.#recording ? this.#recording.stop() : this.record()),
      cancel: () => this.cancel(),
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
    return this.#state.transcript;
  }

  connectedCallback(): void {
    this.#show();
    this.#preloadIfAsked();
  }

  disconnectedCallback(): void {
    this.#letModelGo();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (name === "model" && before !== after) this.#letModelGo();
    this.#show();
    this.#preloadIfAsked();
  }

  /** Loads the model if it is not loaded yet. Rejects as `createTranscriber` does. */
  load(): Promise<ModelInfo> {
    return this.#run(async (signal) => (await this.#loadModel(signal)).model);
  }

  /**
   * Recognises a recording and shows its text. Cancels what is under way. Rejects as
   * `createTranscriber` and `Transcriber.transcribe` do.
   */
  transcribe(source: AudioSource, options: DecodingOptions = {}): Promise<Transcript> {
    return this.#run(async (signal) => {
      const transcriber = await this.#loadModel(signal);
      return this.#recognise(transcriber, source, options, signal);
    });
  }

  /**
   * Records the microphone until `stopRecording` is called or the model's window is full, and
   * recognises what was said. Rejects as `recordMicrophone` and `transcribe` do.
   */
  record(options: DecodingOptions = {}): Promise<Transcript> {
    return this.#run(async (signal) => {
      // The model first: it knows how long the recording may be.
      const transcriber = await this.#loadModel(signal);
      const audio = await this.#listen(transcriber.model.windowDuration, signal);
      return this.#recognise(transcriber, audio, options, signal);
    });
  }

  /** Ends a recording, which is then recognised. */
  stopRecording(): void {
    void this.#recording?.stop().catch(() => {});
  }

  /** Ends what is under way; its promise rejects with an AbortError. */
  cancel(): void {
    this.#abortJob();
    this.#slot.cancelLoading();
  }

  /** Runs one piece of work, in place of the one before, and shows how it ends. */
  async #run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    this.#abortJob();
    const job = new AbortController();
    this.#job = job;
    try {
      return await work(job.signal);
    } catch (error) {
      if (!job.signal.aborted) {
        // A worker that died serves no more calls; the next use starts another.
        if (error instanceof EngineError) this.#letModelGo();
        this.#apply({ type: "failed", failure: describeFailure(error) });
        this.#emit("failure", error as Error);
      }
      throw error;
    } finally {
      if (this.#job === job) this.#job = undefined;
    }
  }

  #abortJob(): void {
    if (this.#job === undefined) return;
    this.#job.abort(new DOMException("Cancelled.", "AbortError"));
    this.#job = undefined;
    this.#apply({ type: "cancelled" });
  }

  async #loadModel(signal: AbortSignal): Promise<Transcriber> {
    const onProgress = (progress: LoadProgress) => {
      this.#apply({ type: "load-progress", progress });
      this.#emit("progress", progress);
    };
    if (this.#state.model === null) this.#apply({ type: "loading" });
    const transcriber = await untilAborted(this.#slot.get(this.model, onProgress), signal);
    this.#apply({ type: "loaded", model: transcriber.model });
    return transcriber;
  }

  async #listen(maxDuration: number, signal: AbortSignal): Promise<AudioBuffer> {
    this.#apply({ type: "asking" });
    let startedAt = 0;
    const onLevel = (level: number) => {
      const seconds = (performance.now() - startedAt) / 1000;
      if (!signal.aborted) this.#apply({ type: "recording", level, seconds });
    };
    const recording = await recordMicrophone({ maxDuration, onLevel, signal });
    startedAt = performance.now();
    this.#recording = recording;
    this.#apply({ type: "recording", level: 0, seconds: 0 });
    try {
      return (await recording.finished).audio;
    } finally {
      this.#recording = undefined;
    }
  }

  async #recognise(
    transcriber: Transcriber,
    source: AudioSource,
    options: DecodingOptions,
    signal: AbortSignal,
  ): Promise<Transcript> {
    this.#apply({ type: "transcribing" });
    const transcript = await transcriber.transcribe(source, {
      ...(this.language !== "" && { language: this.language }),
      ...options,
      signal,
      onProgress: (progress) => {
        this.#apply({ type: "transcribe-progress", progress });
        this.#emit("progress", progress);
      },
    });
    this.#apply({ type: "transcribed", transcript });
    this.#emit("transcript", transcript);
    return transcript;
  }

  #letModelGo(): void {
    this.#abortJob();
    this.#slot.dispose();
    this.#apply({ type: "model-let-go" });
  }

  #preloadIfAsked(): void {
    const wanted = this.preload && this.isConnected && this.#state.model === null;
    if (wanted && this.#job === undefined) void this.load().catch(() => {});
  }

  #apply(event: WidgetEvent): void {
    this.#state = nextState(this.#state, event);
    this.#show();
  }

  #show(): void {
    render(this.#view, this.#state);
    this.#view.sample.hidden = this.sample === "";
    const { model } = this.#view;
    if (model !== this.shadowRoot?.activeElement) model.value = this.model;
  }

  #emit<Type extends keyof SpeechTranscriberEventMap>(
    type: Type,
    detail: SpeechTranscriberEventMap[Type]["detail"],
  ): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}
