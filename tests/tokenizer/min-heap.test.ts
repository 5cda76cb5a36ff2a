import { expect, it } from "vitest";
import { MinHeap } from "../../src/tokenizer/min-heap.ts";
import { seededRandom } from "../fixtures/random.ts";

it("gives numbers back in ascending order, repetitions included", () => {
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
