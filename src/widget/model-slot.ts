import type { LoadOptions } from "../options/options.ts";
import type { LoadProgress } from "../results.ts";
import type { Transcriber } from "../transcriber.ts";

/** How a model is loaded: `loadTranscriber`, or a stand-in for it. */
export type Load = (model: string, options: LoadOptions) => Promise<Transcriber>;

interface Held {
  readonly model: string;
  readonly transcriber: Promise<Transcriber>;
  readonly controller: AbortController;
  loaded: boolean;
}

/** Holds one model, loaded when it is first wanted; all who want it meanwhile share the load. */
export class ModelSlot {
  readonly #load: Load;
  #held: Held | undefined;

  constructor(load: Load) {
    this.#load = load;
  }

  /** The model, loaded now if it is not yet. One that was held before is let go. */
  get(model: string, onProgress: (event: LoadProgress) => void): Promise<Transcriber> {
    if (this.#held?.model === model) return this.#held.transcriber;
    this.dispose();
    const controller = new AbortController();
    const { signal } = controller;
    const transcriber = this.#load(model, { signal, onProgress });
    const held: Held = { model, transcriber, controller, loaded: false };
    this.#held = held;
    transcriber.then(
      (created) => {
        held.loaded = true;
        // The load may have been over before the abort reached it.
        if (signal.aborted) created.dispose();
      },
      () => {
        if (this.#held === held) this.#held = undefined; // the next call tries again
      },
    );
    return transcriber;
  }

  /** Ends a load that is under way; a loaded model stays. */
  cancelLoading(): void {
    if (this.#held?.loaded === false) this.dispose();
  }

  /** Lets the model go, loaded or loading. */
  dispose(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    if (!held.loaded) {
      held.controller.abort(new DOMException("Loading was cancelled.", "AbortError"));
    } else {
      void held.transcriber.then((transcriber) => transcriber.dispose());
    }
  }
}
