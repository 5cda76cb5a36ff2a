import type { LoadOptions } from "../options/options.ts";
import { openTranscriber, type Transcriber } from "../transcriber.ts";

/** Loads what the element's `model` says. The embedded model's addresses come when they are needed. */
export async function loadTranscriber(model: string, options: LoadOptions): Promise<Transcriber> {
  if (model !== "embedded") return openTranscriber(model, options);
  const { embeddedModel } = await import("../embedded-model.ts");
  options.signal?.throwIfAborted();
  return openTranscriber(embeddedModel, options);
}
