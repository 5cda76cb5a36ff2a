import { OptionError } from "./errors.ts";
import type { LoadOptions, ModelFiles } from "./options/options.ts";
import { openTranscriber, type Transcriber } from "./transcriber.ts";

/**
 * Starts a worker and loads a model into it.
 *
 * @param model
 *   - what `fwhisper/tiny.en` exports: the model that is shipped with the package, in every bundler
 *   - "embedded": the same model, found beside this module, which is there where no bundler has
 *     moved it away from its files
 *   - the short name of a well-known checkpoint ("base", see `wellKnownModels`) or a Hugging Face id
 *     ("openai/whisper-tiny.en")
 *   - the URL of a folder in the Hugging Face layout
 * @throws DownloadError, ModelError, TokenizerError, MemoryLimitError, OptionError, EngineError
 */
export async function createTranscriber(
  model: string | URL | ModelFiles = "embedded",
  options: LoadOptions = {},
): Promise<Transcriber> {
  options.signal?.throwIfAborted();
  return openTranscriber(model === "embedded" ? await findEmbeddedModel() : model, options);
}

/**
 * Loads `fwhisper/tiny.en` by an address that no bundler can follow: one that did would carry the
 * weights into every project that uses another model.
 */
async function findEmbeddedModel(): Promise<ModelFiles> {
  // dist/index.js has dist/tiny.en.js beside it; this file, where it is served as it is, tiny.en.ts.
  const address = import.meta.url.replace(
    /[^/]*?(\.ts)?(\?.*)?$/,
    (_, ts) => `tiny.en${ts ?? ".js"}`,
  );
  try {
    const { default: files } = await import(/* @vite-ignore */ /* webpackIgnore: true */ address);
    return files;
  } catch (cause) {
    throw new OptionError(
      `"embedded": expected the model's files beside fwhisper, found no ${address}. A bundler takes ` +
        'along only what is imported: write `import tinyEn from "fwhisper/tiny.en"` and give `tinyEn` ' +
        'in place of "embedded".',
      { expected: address },
      { cause },
    );
  }
}
