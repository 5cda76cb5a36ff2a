import type { ModelInfo } from "../../worker/protocol.ts";
import type { AudioSource } from "../audio/decode-audio.ts";
import { untilAborted } from "../audio/until-aborted.ts";
import { AudioError, EngineError } from "../errors.ts";
import type { DecodingOptions, StreamOptions } from "../options.ts";
import type { LoadProgress, StreamEvent, Transcript } from "../results.ts";
import { createTranscriber, type Transcriber } from "../transcriber.ts";
import { listenToControls } from "./controls.ts";
import { downloadText } from "./download-text.ts";
import type { SpeechTranscriberEventMap, SpeechTranscriberEvents } from "./events.ts";
import { describeFailure } from "./failure.ts";
import { transcriptOf } from "./live-transcript.ts";
import { type MicrophoneSource, openMicrophoneSource } from "./microphone-source.ts";
import { ModelSlot } from "./model-slot.ts";
import { render } from "./render.ts";
import { initialState, nextState, type WidgetEvent, type WidgetState } from "./state.ts";
import { createView, type View } from "./template.ts";

type Done = Extract<StreamEvent, { status: "done" }>;

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
  readonly #slot = new ModelSlot(createTranscriber);
  #state: WidgetState = initialState;
  /** The work under way; a new one aborts it. */
  #job: AbortController | undefined;
  #microphone: MicrophoneSource | undefined;

  constructor() {
    super();
    this.#view = createView(this.attachShadow({ mode: "open" }));
    const run = (work: Promise<unknown>) => void work.catch(() => {}); // it is on show already
    listenToControls(this.#view, {
      transcribeSample: () => run(this.transcribe(new URL(this.sample, document.baseURI))),
      transcribeFile: (file) => run(this.transcribe(file)),
      toggleRecording: () => {
        if (this.#microphone) this.stopRecording();
        else run(this.record());
      },
      cancel: () => this.cancel(),
      download: (format) => downloadText(this.#state.heard.segments, format),
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
   * Recognises a recording of any length and shows its text as it comes. Cancels what is under way.
   * Rejects as `createTranscriber` and `Transcriber.transcribe` do.
   */
  transcribe(source: AudioSource, options: DecodingOptions = {}): Promise<Transcript> {
    return this.#run(async (signal) => {
      const transcriber = await this.#loadModel(signal);
      this.#apply({ type: "transcribing" });
      const stream = transcriber.stream(source, {
        ...this.#streamOptions(options, signal),
        onProgress: (progress) => {
          this.#apply({ type: "transcribe-progress", progress });
          this.#emit("progress", progress);
        },
      });
      const { transcript } = await this.#follow(stream, signal);
      return this.#finish(transcript!, options);
    });
  }

  /**
   * Listens to the microphone and shows live captions until `stopRecording` is called or the device is
   * gone. Rejects as `recordMicrophone` and `Transcriber.stream` do.
   */
  record(options: DecodingOptions = {}): Promise<Transcript> {
    return this.#run(async (signal) => {
      // The model first, so that nothing is said before it can be heard.
      const transcriber = await this.#loadModel(signal);
      const microphone = await this.#openMicrophone(transcriber.model.sampleRate, signal);
      try {
        const stream = transcriber.stream(microphone.blocks, this.#streamOptions(options, signal));
        const done = await this.#follow(stream, signal);
        if (done.duration === 0) {
          throw new AudioError("Nothing was recorded. Record for longer.");
        }
        return this.#finish(transcriptOf(this.#state.heard.segments, done), options);
      } finally {
        microphone.stop();
        if (this.#microphone === microphone) this.#microphone = undefined;
      }
    });
  }

  /** Ends a recording; `record` resolves when all that was said is recognised. */
  stopRecording(): void {
    if (this.#microphone === undefined) return;
    this.#microphone.stop();
    this.#microphone = undefined;
    this.#apply({ type: "finishing" });
  }

  /** Ends what is under way; its promise rejects with an AbortError. Text that is final stays on show. */
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
    this.#microphone = undefined;
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

  async #openMicrophone(sampleRate: number, signal: AbortSignal): Promise<MicrophoneSource> {
    this.#apply({ type: "asking" });
    const isOn = () => this.#microphone === microphone && !signal.aborted;
    const listener = {
      onBlock: (level: number, seconds: number) => {
        if (isOn()) this.#apply({ type: "recording", level, seconds });
      },
      onEnd: () => {
        if (isOn()) this.stopRecording();
      },
    };
    const microphone = await openMicrophoneSource(sampleRate, listener, signal);
    this.#microphone = microphone;
    this.#apply({ type: "recording", level: 0, seconds: 0 });
    return microphone;
  }

  /** Shows the events of a stream as they come. */
  async #follow(stream: AsyncIterable<StreamEvent>, signal: AbortSignal): Promise<Done> {
    for await (const caption of stream) {
      // What was finished before an abort may come after it, when other work is on show.
      if (signal.aborted) continue;
      this.#apply({ type: "caption", caption });
      this.#emit("caption", caption);
      if (caption.status === "done") return caption;
    }
    throw new EngineError("The stream ended without its last event. Load the model again.");
  }

  #finish(transcript: Transcript, { task }: DecodingOptions): Transcript {
    const language = task === "translate" ? "en" : transcript.language;
    this.#apply({ type: "transcribed", transcript, language });
    this.#emit("transcript", transcript);
    return transcript;
  }

  #streamOptions(options: DecodingOptions, signal: AbortSignal): StreamOptions {
    return { ...(this.language !== "" && { language: this.language }), ...options, signal };
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
