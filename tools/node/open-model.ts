import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ModelSource } from "../../src/model/model-source.ts";
import type { LoadProgress } from "../../src/results.ts";
import { embeddedModelFiles } from "../../src/storage/embedded-model.ts";
import { locateModel } from "../../src/storage/locate.ts";
import { openModelFiles } from "../../src/storage/model-files.ts";
import { openModelFolder } from "./model-folder.ts";

/** A model by what `--model` may be: "embedded", a folder, a URL or a Hugging Face id. */
export function openModel(
  model: string,
  options: { signal: AbortSignal; onProgress?: (event: LoadProgress) => void },
): ModelSource {
  if (model === "embedded") {
    const config = embeddedModelFiles.get("config.json")!;
    return openModelFolder(fileURLToPath(new URL(".", config)));
  }
  if (existsSync(model)) return openModelFolder(model);
  return openModelFiles(locateModel(model), { ...options, store: null });
}
