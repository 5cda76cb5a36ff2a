import { describe, expect, it } from "vitest";
import { randomValues } from "../../bench/random-tensor.ts";
import { measureRotation, type Plant, rotationWidths } from "../../bench/rotation.ts";
import { testKernels } from "../kernels/test-kernels.ts";

const kernels = await testKernels();

describe("rotation", () => {
  it.each(rotationWidths)("is worth 6 dB and more against outliers, width %i", (width) => {
    const worth = measureRotation(kernels, width, 4);
    expect(worth.rotatedInt8 - worth.plainInt8).toBeGreaterThan(6);
    expect(worth.rotatedInt4 - worth.plainInt4).toBeGreaterThan(6);
    // Groups already keep outliers from most of the weights; rotation still adds to that.
    expect(worth.rotatedInt4 - worth.groupedInt4).toBeGreaterThan(2);
  });

  const means = [
    ["weights", (name: string) => name.startsWith("weights")],
    ["inputs", (name: string) => name.startsWith("inputs")],
    ["weights and inputs", () => true],
  ] as const;
  const cases = rotationWidths.flatMap((width) =>
    means.map(([where, isPlanted]) => ({ width, where, isPlanted })),
  );
  it.each(cases)(
    "bears a mean of 10 standard deviations in $where, width $width",
    ({ width, isPlanted }) => {
      const normal: Plant = (name, rows, n) => randomValues(name, rows * n);
      const deviation = Math.sqrt(normal("any", 64, 64).reduce((sum, x) => sum + x * x, 0)) / 64;
      const planted: Plant = (name, rows, n) =>
        normal(name, rows, n).map((x) => (isPlanted(name) ? x + 10 * deviation : x));
      const without = measureRotation(kernels, width, 4, normal);
      const worth = measureRotation(kernels, width, 4, planted);
      // Without signs the mean would be one coefficient of 10 sqrt(n), and int8 would lose 10 dB and more.
      expect(worth.rotatedInt8).toBeGreaterThan(without.rotatedInt8 - 3);
      expect(worth.rotatedInt4).toBeGreaterThan(without.rotatedInt4 - 3);
    },
  );
});
