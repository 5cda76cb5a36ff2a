import { expect, it } from "vitest";
import { MinHeap, splitPieces } from "../../src/tokenizer/byte-pair-encoder.ts";
import { seededRandom } from "../fixtures/random.ts";

it.each<[string, string[]]>([
  ["", []],
  ["I'll say it's 42!", ["I", "'ll", " say", " it", "'s", " 42", "!"]],
  ["I'LL", ["I", "'", "LL"]],
  ["a   b", ["a", "  ", " b"]],
  ["a  ", ["a", "  "]],
  ["a\n\nb", ["a", "\n", "\n", "b"]],
  ["a\u0085b", ["a", "\u0085", "b"]], // White_Space, though not to JavaScript's \s
  ["a \u0085!", ["a", " ", "\u0085", "!"]],
  ["a \ufeffb", ["a", " \ufeff", "b"]], // the reverse: a symbol, which takes the space before it
  [" \ud800x", [" \ud800", "x"]], // half a surrogate pair
])("cuts %j into %j", (text, pieces) => {
  expect(splitPieces(text)).toEqual(pieces);
  expect(splitPieces(text).join("")).toBe(text);
});

it("a heap gives numbers back in ascending order, repetitions included", () => {
  const random = seededRandom(1);
  for (let length = 0; length < 40; length++) {
    const numbers = Array.from({ length }, () => Math.floor(random() * 20));
    const heap = new MinHeap();
    for (const number of numbers) heap.push(number);
    const popped = numbers.map(() => heap.pop());
    expect(popped).toEqual(numbers.toSorted((a, b) => a - b));
    expect(heap.pop()).toBeUndefined();
  }
});
