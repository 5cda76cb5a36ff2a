import { describe, expect, it } from "vitest";
import { addMedians } from "../../src/alignment/median-filter.ts";
import { randomF32, seededRandom } from "../fixtures/random.ts";
import { describeWithReference, referenceF32, referenceJson } from "../fixtures/reference.ts";

function medians(values: ArrayLike<number>, width: number): number[] {
  const row = Float64Array.from(values);
  const sums = new Float64Array(row.length);
  addMedians(row, 0, row.length, width, sums, 0);
  return [...sums];
}

/** By definition: the reflected row is written out, every window sorted. */
function naiveMedians(values: readonly number[], width: number): number[] {
  const radius = (width - 1) / 2;
  if (values.length <= radius) return [...values];
  const before = values.slice(1, radius + 1).reverse();
  const after = values.slice(-radius - 1, -1).reverse();
  const padded = radius === 0 ? values : [...before, ...values, ...after];
  return values.map((_, i) => padded.slice(i, i + width).sort((a, b) => a - b)[radius]!);
}

describe("medians of a row", () => {
  it.each([1, 3, 5, 7, 13])("are those of the sorted windows, width %i", (width) => {
    for (let length = 0; length <= 30; length++) {
      const values = [...randomF32(length, 100 * width + length)];
      expect(medians(values, width), `length ${length}`).toEqual(naiveMedians(values, width));
    }
  });

  it("are right where values repeat", () => {
    const random = seededRandom(5);
    const values = Array.from({ length: 200 }, () => Math.floor(random() * 4));
    expect(medians(values, 7)).toEqual(naiveMedians(values, 7));
  });

  it("are added to what is there, from the places named", () => {
    const row = Float64Array.of(99, 99, 1, 5, 2, 99);
    const sums = Float64Array.of(10, 20, 30, 40);
    addMedians(row, 2, 3, 3, sums, 1);
    // Reflected: 5 1 5 2 5.
    expect([...sums]).toEqual([10, 25, 32, 45]);
  });
});

describeWithReference("the median filter against OpenAI's", () => {
  const inputs = referenceF32("timing/median_filter_inputs.f32");
  const outputs = referenceF32("timing/median_filter_outputs.f32");
  const cases: { shape: number[]; width: number; offset: number }[] = referenceJson(
    "timing/median_filter.json",
  ).cases;

  it.each(cases)("shape $shape, width $width", ({ shape, width, offset }) => {
    const length = shape.at(-1)!;
    const end = offset + shape.reduce((product, size) => product * size, 1);
    for (let at = offset; at < end; at += length) {
      const expected = [...outputs.subarray(at, at + length)];
      expect(medians(inputs.subarray(at, at + length), width)).toEqual(expected);
    }
  });
});
