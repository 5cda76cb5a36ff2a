/**
 * The files of the embedded model. Each line is written out, because bundlers find an asset only by
 * a literal `new URL("...", import.meta.url)`.
 */
export const embeddedModelFiles: ReadonlyMap<string, URL> = new Map([
  ["config.json", new URL("../../public/models/embedded/config.json", import.meta.url)],
  [
    "generation_config.json",
    new URL("../../public/models/embedded/generation_config.json", import.meta.url),
  ],
  [
    "preprocessor_config.json",
    new URL("../../public/models/embedded/preprocessor_config.json", import.meta.url),
  ],
  ["tokenizer.json", new URL("../../public/models/embedded/tokenizer.json", import.meta.url)],
  ["model.safetensors", new URL("../../public/models/embedded/model.safetensors", import.meta.url)],
]);
