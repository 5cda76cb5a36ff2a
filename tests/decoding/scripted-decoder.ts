import type { WindowDecoder } from "../../src/decoding/window-decoder.ts";
import { ArrayLogits } from "./array-logits.ts";

interface Feeding {
  readonly tokens: readonly number[];
  readonly rows: readonly number[];
}

/** A decoder whose logits are written down: `logitsAt(position)` of what follows that position. */
export class ScriptedDecoder implements WindowDecoder {
  readonly feedings: Feeding[] = [];
  resets = 0;
  readonly contextLength: number;
  readonly vocabSize: number;
  readonly #logitsAt: (position: number) => Float32Array;
  #fed = 0;

  constructor(
    vocabSize: number,
    contextLength: number,
    logitsAt: (position: number) => Float32Array,
  ) {
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.#logitsAt = logitsAt;
  }

  feed(tokens: readonly number[], rows: readonly number[]): ArrayLogits[] {
    this.feedings.push({ tokens: [...tokens], rows: [...rows] });
    const from = this.#fed;
    this.#fed += tokens.length;
    if (this.#fed > this.contextLength) throw new Error(`fed ${this.#fed} tokens`);
    return rows.map((row) => new ArrayLogits(this.#logitsAt(from + row).slice()));
  }

  reset(): void {
    this.resets++;
    this.#fed = 0;
  }
}

/** Logits that give `probability` to one token and share the rest among the others. */
export function logitsFor(token: number, vocabSize: number, probability = 0.5): Float32Array {
  const rest = Math.log((1 - probability) / (vocabSize - 1));
  const logits = new Float32Array(vocabSize).fill(rest);
  logits[token] = Math.log(probability);
  return logits;
}
