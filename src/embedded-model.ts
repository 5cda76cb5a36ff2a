import type { ModelFiles } from "./options/options.ts";

/**
 * The model that is shipped with the package: OpenAI's tiny.en. Each line is written out, because
 * bundlers find an asset only by a literal `new URL("...", import.meta.url)`; whoever imports this
 * module carries twenty megabytes, so that neither the engine nor its entry does.
 */
export const embeddedModel: ModelFiles = {
  name: "embedded",
  files: {
    "config.json": new URL("../public/models/tiny.en/config.json", import.meta.url).href,
    "generation_config.json": new URL(
      "../public/models/tiny.en/generation_config.json",
      import.meta.url,
    ).href,
    "preprocessor_config.json": new URL(
      "../public/models/tiny.en/preprocessor_config.json",
      import.meta.url,
    ).href,
    "tokenizer.json": new URL("../public/models/tiny.en/tokenizer.json", import.meta.url).href,
    "model.safetensors": new URL("../public/models/tiny.en/model.safetensors", import.meta.url)
      .href,
  },
};
