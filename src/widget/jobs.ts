/** The element's work: one job at a time, from the model to the transcript. No DOM. */

import { untilAborted } from "../async/abort.ts";
import type { AudioSource } from "../audio/decode-audio.ts";
import { type Microphone, openMicrophone } from "../audio/microphone.ts";
import { AudioError, EngineError, type FwhisperError } from "../errors.ts";
import type { ModelInfo } from "../model-info.ts";
import type { DecodingOptions } from "../options/options.ts";
import type { LoadProgress, StreamEvent, TranscribeProgress, Transcript } from "../results.ts";
import type { Transcriber } from "../transcriber.ts";
import { type Load, ModelSlot } from "./model-slot.ts";
import {
  finalSegments,
  initialState,
  nextState,
  transcriptOf,
  type WidgetEvent,
  type WidgetState,
} from "./state.ts";
import { describeFailure } from "./status-text.ts";

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

/** Who is told how the work goes. */
export interface Audience {
  /** The state has changed. */
  show(): void;
  emit<Type extends keyof SpeechTranscriberEventMap>(
    type: Type,
    detail: SpeechTranscriberEventMap[Type]["detail"],
  ): void;
}

type Done = Extract<StreamEvent, { status: "done" }>;

/** A job cancels the one before it. Each is told by its promise, and to the audience as well. */
export class Jobs {
  readonly #slot: ModelSlot;
  readonly #audience: Audience;
  #state: WidgetState = initialState;
  /** The one under way. */
  #job: AbortController | undefined;
  #microphone: Microphone | undefined;

  constructor(load: Load, audience: Audience) {
    this.#slot = new ModelSlot(load);
    this.#audience = audience;
  }

  get state(): WidgetState {
    return this.#state;
  }

  get isWorking(): boolean {
    return this.#job !== undefined;
  }

  get isListening(): boolean {
    return this.#microphone !== undefined;
  }

  load(model: string): Promise<ModelInfo> {
    return this.#run(async (signal) => (await this.#loadModel(model, signal)).model);
  }

  transcribe(model: string, source: AudioSource, options: DecodingOptions): Promise<Transcript> {
    return this.#run(async (signal) => {
      const transcriber = await this.#loadModel(model, signal);
      this.#apply({ type: "transcribing" });
      const stream = transcriber.stream(source, {
        ...options,
        signal,
        onProgress: (progress) => {
          this.#apply({ type: "transcribe-progress", progress });
          this.#audience.emit("progress", progress);
        },
      });
      const { transcript } = await this.#follow(stream, signal);
      return this.#finish(transcript!, options);
    });
  }

  record(model: string, options: DecodingOptions): Promise<Transcript> {
    return this.#run(async (signal) => {
      // The model first, so that nothing is said before it can be heard.
      const transcriber = await this.#loadModel(model, signal);
      const microphone = await this.#openMicrophone(transcriber.model.sampleRate, signal);
      try {
        const stream = transcriber.stream(microphone.blocks, { ...options, signal });
        const done = await this.#follow(stream, signal);
        if (done.duration === 0) {
          throw new AudioError("Nothing was recorded. Record for longer.");
        }
        return this.#finish(transcriptOf(finalSegments(this.#state), done), options);
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

  /** Ends what is under way, a load too; a loaded model stays. */
  cancel(): void {
    this.#abort();
    this.#slot.cancelLoading();
  }

  /** Ends what is under way, and the model's worker. */
  letModelGo(): void {
    this.#abort();
    this.#slot.dispose();
    this.#apply({ type: "model-let-go" });
  }

  async #run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    this.#abort();
    const job = new AbortController();
    this.#job = job;
    try {
      return await work(job.signal);
    } catch (error) {
      if (!job.signal.aborted) {
        // A worker that died serves no more calls; the next use starts another.
        if (error instanceof EngineError) this.letModelGo();
        this.#apply({ type: "failed", failure: describeFailure(error) });
        this.#audience.emit("failure", error as Error);
      }
      throw error;
    } finally {
      if (this.#job === job) this.#job = undefined;
    }
  }

  #abort(): void {
    if (this.#job === undefined) return;
    this.#job.abort(new DOMException("Cancelled.", "AbortError"));
    this.#job = undefined;
    this.#microphone = undefined;
    this.#apply({ type: "cancelled" });
  }

  async #loadModel(model: string, signal: AbortSignal): Promise<Transcriber> {
    const onProgress = (progress: LoadProgress) => {
      this.#apply({ type: "load-progress", progress });
      this.#audience.emit("progress", progress);
    };
    if (this.#state.model === null) this.#apply({ type: "loading" });
    const transcriber = await untilAborted(this.#slot.get(model, onProgress), signal);
    this.#apply({ type: "loaded", model: transcriber.model });
    return transcriber;
  }

  async #openMicrophone(sampleRate: number, signal: AbortSignal): Promise<Microphone> {
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
    const microphone = await openMicrophone(sampleRate, listener, signal);
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
      this.#audience.emit("caption", caption);
      if (caption.status === "done") return caption;
    }
    throw new EngineError("The stream ended without its last event. Load the model again.");
  }

  #finish(transcript: Transcript, { task }: DecodingOptions): Transcript {
    const language = task === "translate" ? "en" : transcript.language;
    this.#apply({ type: "transcribed", transcript, language });
    this.#audience.emit("transcript", transcript);
    return transcript;
  }

  #apply(event: WidgetEvent): void {
    this.#state = nextState(this.#state, event);
    this.#audience.show();
  }
}
