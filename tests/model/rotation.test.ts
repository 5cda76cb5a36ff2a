import { describe, expect, it } from "vitest";
import { measureRotation, rotationWidths } from "../../bench/rotation.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";

describe("rotation", () => {
  it.each(rotationWidths)("is worth 6 dB and more against outliers, width %i", async (width) => {
    const worth = measureRotation(await instantiateNodeKernels(), width, 4);
    expect(worth.rotatedInt8 - worth.plainInt8).toBeGreaterThan(6);
    expect(worth.rotatedInt4 - worth.plainInt4).toBeGreaterThan(6);
    // Groups already keep outliers from most of the weights; rotation still adds to that.
    expect(worth.rotatedInt4 - worth.groupedInt4).toBeGreaterThan(2);
  });
});
