import { describeValue } from "../describe-value.ts";
import { TokenizerError } from "../errors.ts";

/**
 * Files of a Hugging Face tokenizer, JSON already parsed. tokenizer.json alone is enough and wins;
 * else vocab.json and merges.txt, with added_tokens.json where the model has it.
 */
export interface TokenizerFiles {
  readonly tokenizerJson?: unknown;
  readonly vocab?: unknown;
  readonly merges?: string;
  readonly addedTokens?: unknown;
}

/** Ids of the left part, the right part and their join. */
export type Merge = readonly [left: number, right: number, merged: number];

/** Every token of a model. */
export interface Vocabulary {
  /** By id, vocabSize of them; undefined where the files name none (timestamps often). */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  /** Ids of tokens written as plain text; all others are in the byte-level alphabet. */
  readonly added: ReadonlySet<number>;
  /** By rank. */
  readonly merges: readonly Merge[];
}

/**
 * GPT-2's byte-level alphabet: a printable character for each of the 256 bytes, so that
 * vocabularies are readable JSON. Bytes printable in Latin-1 stand for themselves, the others take
 * the characters from U+0100 on, in order ("Ġ" is the space). Source: bytes_to_unicode of
 * github.com/openai/gpt-2, src/encoder.py.
 */
export const byteCharacters: readonly string[] = byteAlphabet();

/** The byte of each character of the alphabet. */
export const characterBytes: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

function byteAlphabet(): string[] {
  const isPrintable = (byte: number) => {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  };
  let substitute = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    return String.fromCharCode(isPrintable(byte) ? byte : substitute++);
  });
}

/**
 * @param vocabSize of config.json
 * @throws TokenizerError that names the file, what was expected and what was found
 */
export function readVocabulary(files: TokenizerFiles, vocabSize: number): Vocabulary {
  const reader = new VocabularyReader(vocabSize);
  if (files.tokenizerJson !== undefined) {
    readTokenizerJson(reader, files.tokenizerJson);
  } else {
    reader.addVocabulary(files.vocab, "vocab.json");
    reader.addMerges(splitMerges(files.merges), "merges.txt");
    if (files.addedTokens !== undefined) {
      const file = "added_tokens.json";
      for (const [token, id] of entries(files.addedTokens, file, "an object of tokens and ids")) {
        reader.addPlain(token, id, file);
      }
    }
  }
  return reader;
}

function readTokenizerJson(reader: VocabularyReader, json: unknown): void {
  const file = "tokenizer.json";
  const fields = new Map(entries(json, file, "an object"));
  const model = new Map(entries(fields.get("model"), file, "an object `model`"));
  const type = model.get("type") ?? "BPE"; // files of old versions leave it out
  if (type !== "BPE") throw refusal(file, 'model.type "BPE"', describeValue(type));
  reader.addVocabulary(model.get("vocab"), file);
  reader.addMerges(model.get("merges"), file);
  const added = fields.get("added_tokens") ?? [];
  if (!Array.isArray(added)) throw refusal(file, "an array `added_tokens`", describeValue(added));
  for (const entry of added) {
    const token = new Map(entries(entry, file, "added_tokens of objects with id and content"));
    reader.addPlain(token.get("content"), token.get("id"), file);
  }
}

/** One merge a line. Only the first line is a comment: "# #" is a merge of GPT-2. */
function splitMerges(text: string | undefined): string[] | undefined {
  const lines = text?.split(/\r?\n/);
  if (lines?.[0]?.startsWith("#version")) lines.shift();
  return lines?.filter((line) => line !== "");
}

class VocabularyReader implements Vocabulary {
  readonly tokens: (string | undefined)[];
  readonly ids = new Map<string, number>();
  readonly added = new Set<number>();
  readonly merges: Merge[] = [];

  constructor(vocabSize: number) {
    this.tokens = new Array(vocabSize).fill(undefined);
  }

  addVocabulary(vocab: unknown, file: string): void {
    for (const [token, id] of entries(vocab, file, "an object of tokens and ids")) {
      const stranger = Array.from(token).find((character) => !characterBytes.has(character));
      if (stranger !== undefined) {
        const expected = "tokens in GPT-2's byte-level alphabet";
        throw refusal(file, expected, `"${stranger}" in the token "${token}"`);
      }
      this.#add(token, id, file);
    }
  }

  addPlain(token: unknown, id: unknown, file: string): void {
    if (typeof token !== "string") {
      throw refusal(file, "added tokens to be strings", describeValue(token));
    }
    // Fine-tunes add a <pad> without an embedding: a token that can be neither fed nor sampled.
    if (Number.isInteger(id) && (id as number) >= this.tokens.length) return;
    this.added.add(this.#add(token, id, file));
  }

  addMerges(merges: unknown, file: string): void {
    if (!Array.isArray(merges)) throw refusal(file, "a list of merges", describeValue(merges));
    for (const [rank, merge] of merges.entries()) {
      const parts: unknown = typeof merge === "string" ? merge.split(" ") : merge;
      if (!isPair(parts)) {
        throw refusal(file, `merge ${rank} to be a pair of tokens`, describeValue(merge));
      }
      this.merges.push([
        this.#mergeToken(parts[0], rank, file),
        this.#mergeToken(parts[1], rank, file),
        this.#mergeToken(parts[0] + parts[1], rank, file),
      ]);
    }
  }

  #mergeToken(token: string, rank: number, file: string): number {
    const id = this.ids.get(token);
    if (id === undefined) {
      const expected = `the parts of merge ${rank} and their join in the vocabulary`;
      throw refusal(file, expected, `no token "${token}"`);
    }
    return id;
  }

  #add(token: string, id: unknown, file: string): number {
    const { tokens, ids } = this;
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= tokens.length) {
      const expected = `ids from 0 to ${tokens.length - 1} (vocab_size of config.json is ${tokens.length})`;
      throw refusal(file, expected, `${describeValue(id)} for the token "${token}"`);
    }
    const [holder, other] = [tokens[id] ?? token, ids.get(token) ?? id];
    if (holder !== token) {
      throw refusal(file, "one token an id", `"${holder}" and "${token}" for id ${id}`);
    }
    if (other !== id) {
      throw refusal(file, "one id a token", `${other} and ${id} for the token "${token}"`);
    }
    tokens[id] = token;
    ids.set(token, id);
    return id;
  }
}

function isPair(value: unknown): value is [string, string] {
  return (
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string")
  );
}

function entries(value: unknown, file: string, expected: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal(file, expected, describeValue(value));
  }
  return Object.entries(value);
}

function refusal(file: string, expected: string, found: string): TokenizerError {
  return new TokenizerError(`${file}: expected ${expected}, found ${found}.`, {
    file,
    expected,
    found,
  });
}
