import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { DownloadError, ModelError, OptionError } from "../../src/errors.ts";
import type { LoadProgress } from "../../src/results.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { openModelFiles } from "../../src/storage/model-files.ts";
// In the package this stays an import of dist/tiny.en.js, whose files the page's build has named.
import embeddedModel from "../../src/tiny.en.ts";
import { openModelAt, openModelFolder } from "./model-folder.ts";

interface OpenModelOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (event: LoadProgress) => void;
}

/** A model by what `--model` may be: "embedded", a folder, a URL or a Hugging Face id. */
export function openModel(model: string, options: OpenModelOptions): ModelSource {
  if (model === "embedded") return openModelAt(embeddedModel);
  if (isPath(model) || existsSync(model)) return openModelFolder(model);
  return openModelFiles(locateModel(model), { ...options, store: null });
}

/**
 * Reads a model by its name. "models/mine", no folder here, was looked for at Hugging Face: when
 * that fails, the error says both.
 */
export async function readModel<T>(
  model: string,
  options: OpenModelOptions,
  read: (source: ModelSource) => Promise<T>,
): Promise<T> {
  try {
    return await read(openModel(model, options));
  } catch (error) {
    throw mayBeMissingFolder(model) ? alsoNoFolder(error, model) : error;
  }
}

function isPath(model: string): boolean {
  return /^\.{0,2}[\\/]/.test(model) || isAbsolute(model);
}

function mayBeMissingFolder(model: string): boolean {
  const isUrl = /^https?:/.test(model);
  return !(model === "embedded" || isUrl || isPath(model) || existsSync(model));
}

/** The error with a word on the folder, if it may come from the model's absence. */
function alsoNoFolder(error: unknown, model: string): unknown {
  for (const Kind of [DownloadError, ModelError, OptionError]) {
    if (!(error instanceof Kind)) continue;
    const message = `${error.message} There is no folder "${model}" here either.`;
    return new Kind(message, error.details, { cause: error });
  }
  return error;
}
