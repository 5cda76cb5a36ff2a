import type { Feeding, WindowDecoder } from "../../src/decoding/window-decoder.ts";
import { ArrayLogits } from "./array-logits.ts";

/** What follows the last of `tokens`, all that a sequence was fed. */
export type Script = (tokens: readonly number[], sequence: number) => Float32Array;

interface ScriptedOptions {
  readonly vocabSize: number;
  readonly contextLength: number;
  /** Of each window; default 1. */
  readonly sequences?: number;
  /** Default 1. */
  readonly windows?: number;
}

/** A decoder whose logits are written down. */
export class ScriptedDecoder implements WindowDecoder {
  /** Every pass, and what was fed in it. */
  readonly passes: Feeding[][] = [];
  resets = 0;
  readonly contextLength: number;
  readonly vocabSize: number;
  readonly sequences: number;
  readonly #script: Script;
  #fed: number[][];

  constructor(options: ScriptedOptions, script: Script) {
    const { vocabSize, contextLength, sequences = 1, windows = 1 } = options;
    this.vocabSize = vocabSize;
    this.contextLength = contextLength;
    this.sequences = sequences;
    this.#script = script;
    this.#fed = Array.from({ length: sequences * windows }, () => []);
  }

  feed(tokens: readonly number[], rows: readonly number[], sequence = 0): ArrayLogits[] {
    return this.pass([{ sequence, tokens, rows }]);
  }

  pass(feedings: readonly Feeding[]): ArrayLogits[] {
    this.passes.push(feedings.map((feeding) => ({ ...feeding, tokens: [...feeding.tokens] })));
    return feedings.flatMap(({ sequence, tokens, rows }) => {
      const fed = this.#fed[sequence]!;
      const from = fed.length;
      fed.push(...tokens);
      if (fed.length > this.contextLength) throw new Error(`fed ${fed.length} tokens`);
      return rows.map((row) => {
        return new ArrayLogits(this.#script(fed.slice(0, from + row + 1), sequence).slice());
      });
    });
  }

  reorder(sources: readonly number[], first: number): void {
    const old = this.#fed;
    this.#fed = old.map((fed, i) => [...(old[sources[i - first] ?? i] ?? fed)]);
  }

  reset(): void {
    this.resets++;
    this.#fed = this.#fed.map(() => []);
  }
}

/** Logits that give `probability` to one token and share the rest among the others. */
export function logitsFor(token: number, vocabSize: number, probability = 0.5): Float32Array {
  const rest = Math.log((1 - probability) / (vocabSize - 1));
  const logits = new Float32Array(vocabSize).fill(rest);
  logits[token] = Math.log(probability);
  return logits;
}

/** Logits of tokens with these probabilities; of others there is no chance. */
export function logitsOf(probabilities: Readonly<Record<number, number>>, vocabSize: number) {
  return Float32Array.from({ length: vocabSize }, (_, id) => Math.log(probabilities[id] ?? 0));
}
