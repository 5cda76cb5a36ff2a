import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TokenizerError } from "../../src/errors.ts";
import { createTokenizer, type Tokenizer } from "../../src/tokenizer/tokenizer.ts";
import type { TokenizerFiles } from "../../src/tokenizer/vocabulary.ts";
import { referencePath } from "../fixtures/reference.ts";

/** Folder of a model of the reference, or of the digits model. */
export function modelFolder(name: string): string {
  if (name !== "digits") return referencePath(`models/${name}`);
  return fileURLToPath(new URL("../fixtures/models/digits", import.meta.url));
}

/** The tokenizer of a model by tokenizer.json, or by the three files of older repositories. */
export function openTokenizer(name: string, by: "tokenizer.json" | "vocab.json"): Tokenizer {
  const folder = modelFolder(name);
  const text = (file: string) => readFileSync(`${folder}/${file}`, "utf8");
  const { vocab_size: vocabSize } = JSON.parse(text("config.json"));
  if (by === "tokenizer.json") {
    return createTokenizer({ tokenizerJson: JSON.parse(text(by)) }, { vocabSize });
  }
  const added = existsSync(`${folder}/added_tokens.json`);
  const files: TokenizerFiles = {
    vocab: JSON.parse(text("vocab.json")),
    merges: text("merges.txt"),
    ...(added && { addedTokens: JSON.parse(text("added_tokens.json")) }),
  };
  return createTokenizer(files, { vocabSize });
}

/** The message with which the tokenizer refuses. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TokenizerError) return error.message;
    throw error;
  }
  return "accepted";
}
