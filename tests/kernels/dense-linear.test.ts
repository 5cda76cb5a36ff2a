import { afterAll, describe, expect, it } from "vitest";
import { maxDifference } from "../fixtures/compare.ts";
import { randomF32 } from "../fixtures/random.ts";
import { applyStep, steps } from "./linear-step.ts";
import { testKernels } from "./test-kernels.ts";

describe.each([1, 2])("denseLinearRows on %i threads", async (threads) => {
  const kernels = await testKernels({ threads });
  const { heap } = kernels;
  afterAll(() => kernels.dispose());

  it.each(
    [
      [1, 384, 1536],
      [5, 40, 24],
      [23, 33, 21],
      [24, 64, 64],
      [131, 96, 30],
      [300, 384, 96],
    ].flatMap(([rows, inner, columns]) =>
      steps.map((step) => ({
        rows: rows!,
        inner: inner!,
        columns: columns!,
        step,
        name: step.name,
      })),
    ),
  )("$rows rows, $inner -> $columns, after $name", ({ rows, inner, columns, step }) => {
    const input = randomF32(rows * inner, 1);
    const weights = randomF32(columns * inner, 2);
    const bias = randomF32(columns, 3);
    const normWeight = randomF32(inner, 4);
    const normBias = randomF32(inner, 5);
    const stride = columns + 3;
    const before = randomF32(rows * stride, 6);

    const mark = heap.mark();
    const packed = heap.allocateF32(Math.ceil(columns / 8) * 8 * inner);
    kernels.packRowsF32(heap.copyF32(weights), columns, inner, inner, packed);
    const output = heap.copyF32(before);
    kernels.denseLinearRows(
      heap.copyF32(input),
      rows,
      step.step,
      heap.copyF32(normWeight),
      heap.copyF32(normBias),
      heap.copyI32([inner, columns, packed, heap.copyF32(bias)]),
      output,
      stride,
      true,
      heap.allocate(threads * kernels.denseLinearScratch(inner)),
    );
    const found = heap.f32(output, before.length).slice();
    heap.release(mark);

    const expected = Float64Array.from(before);
    for (const [r, row] of applyStep(step, input, inner, normWeight, normBias).entries()) {
      for (let j = 0; j < columns; j++) {
        const product = row.reduce((sum, x, k) => sum + x * weights[j * inner + k]!, 0);
        expected[r * stride + j]! += product + bias[j]!;
      }
    }
    expect(maxDifference(found, expected)).toBeLessThan(1e-6 * inner + 1e-5);
  });
});
