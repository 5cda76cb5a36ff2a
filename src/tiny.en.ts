/**
 * The entry `fwhisper/tiny.en`: the files of the embedded model, for `createTranscriber`. Bundlers
 * follow them from here, and only for those who import it.
 */
export { embeddedModel as default } from "./embedded-model.ts";
