import { test as base, expect } from "@playwright/test";
import { type RelaxedPage, withRelaxedPage } from "./fixtures/relaxed-page.ts";

// The relaxed build of the kernels runs in browsers only: Node 20 multiplies wrongly with it. These are
// its unit tests. Figures come from workers of a page (fixtures/relaxed-checks.ts).

// biome-ignore lint/complexity/noBannedTypes: Playwright's type of no fixtures for a single test.
const test = base.extend<{}, { relaxed: RelaxedPage }>({
  relaxed: [
    ({ browser }, use) => withRelaxedPage(browser, use),
    // The kernels of the tests are compiled first.
    { scope: "worker", timeout: 60_000 },
  ],
});

/** Each loop for one kind of machine; both are right on any. */
const bothLoops = ["one step", "two steps"] as const;
/** The published build too, which takes one of them. */
const allLoops = ["as chosen", ...bothLoops] as const;

test("the relaxed build passes its self-test and is chosen; plain can be asked for", async ({
  relaxed,
}) => {
  expect(await relaxed.run("builds")).toEqual({
    tried: ["relaxed", "plain"],
    chosen: "relaxed",
    plain: "plain",
  });
});

test("activations are rounded to 7 bits, to nearest, ties to even", async ({ relaxed }) => {
  expect(await relaxed.run("wrongCodes")).toBe(0);
});

/** Least and greatest of either operand: everything between them, then what sums up to most. */
const int8Operands = [
  { values: [-63, 63], weights: [-127, 127] },
  { values: [63, 63], weights: [127, 127] },
  { values: [63, 63], weights: [-127, -127] },
  { values: [-63, -63], weights: [127, 127] },
  { values: [-63, -63], weights: [-127, -127] },
  { values: [0, 127], weights: [-127, 127], unsigned: true },
  { values: [127, 127], weights: [127, 127], unsigned: true },
  { values: [127, 127], weights: [-127, -127], unsigned: true },
] as const;
const int4Operands = [
  { values: [-63, 63], weights: [-8, 7] },
  { values: [63, 63], weights: [7, 7] },
  { values: [63, 63], weights: [-8, -8] },
  { values: [-63, -63], weights: [7, 7] },
  { values: [-63, -63], weights: [-8, -8] },
] as const;

for (const loops of bothLoops) {
  test(`int8 products are exact, their extremes included, by loops of ${loops}`, async ({
    relaxed,
  }) => {
    const products = await relaxed.run("multiplyPanels", loops, int8Operands);
    expect(products.length).toBeGreaterThan(int8Operands.length);
    expect(products.filter(({ wrong }) => wrong > 0)).toEqual([]);
  });

  test(`int4 products are exact, their extremes included, by loops of ${loops}`, async ({
    relaxed,
  }) => {
    const products = await relaxed.run("multiplyPanelsInt4", loops, int4Operands);
    expect(products.length).toBeGreaterThan(int4Operands.length);
    expect(products.filter(({ wrong }) => wrong > 0)).toEqual([]);
  });
}

for (const bits of [8, 4] as const) {
  for (const loops of allLoops) {
    test(`rotated int${bits} layers are what rounding leaves of them, ${loops}`, async ({
      relaxed,
    }) => {
      const layers = await relaxed.run("rotatedLayers", loops, bits);
      expect(layers.length).toBeGreaterThan(0);
      for (const layer of layers) {
        const name = JSON.stringify(layer);
        expect.soft(layer.difference, name).toBeLessThan(1e-6);
        expect.soft(layer.decibels, name).toBeGreaterThan(bits === 8 ? 30 : 17);
      }
    });
  }
}

test("float32 products with one rounding for a product and a sum", async ({ relaxed }) => {
  const products = await relaxed.run("matrixProducts");
  expect(products.length).toBeGreaterThan(0);
  for (const product of products) {
    // float32 sums of `inner` products of numbers below 1
    const tolerance = 2e-7 * product.inner + 1e-6;
    expect.soft(product.difference, JSON.stringify(product)).toBeLessThan(tolerance);
  }
});

test("polynomials with one rounding for a product and a sum", async ({ relaxed }) => {
  const { gelu, sumExp } = await relaxed.run("polynomials");
  expect(gelu).toBeLessThan(4e-5);
  expect(sumExp).toBeLessThan(1e-6);
});

for (const loops of allLoops) {
  test(`int8 attention is near exact attention, ${loops}`, async ({ relaxed }) => {
    const shapes = await relaxed.run("attentionNoise", loops);
    expect(shapes.length).toBeGreaterThan(0);
    for (const shape of shapes) {
      const name = JSON.stringify(shape);
      expect.soft(shape.decibels, name).toBeGreaterThanOrEqual(30);
      expect.soft(shape.largest, name).toBeLessThan(0.25);
    }
  });
}

for (const bits of [8, 4] as const) {
  test(`two threads compute int${bits} layers to the last bit as one does`, async ({ relaxed }) => {
    const { threads, numbers, different } = await relaxed.run("threadedLayers", bits);
    expect(threads).toBe(2);
    expect(numbers).toBeGreaterThan(0);
    expect(different).toBe(0);
  });
}

test("two threads compute attention to the last bit as one does", async ({ relaxed }) => {
  const { threads, numbers, different } = await relaxed.run("threadedAttention");
  expect(threads).toBe(2);
  expect(numbers).toBeGreaterThan(0);
  expect(different).toBe(0);
});

test("what holds no numbers gives none", async ({ relaxed }) => {
  const [numbers, ...none] = await relaxed.run("layerOfNoNumbers");
  expect(numbers!.every(Number.isFinite)).toBe(true);
  expect(none.flat().some(Number.isFinite)).toBe(false);
  for (const { first, second } of await relaxed.run("attentionOfNoNumbers")) {
    expect(first.every(Number.isFinite)).toBe(true);
    expect(second.some(Number.isFinite)).toBe(false);
  }
});

test("an encoder with rounded weights is near the one with f32", async ({ relaxed }) => {
  const { int8, int4 } = await relaxed.run("encoderNoise");
  for (const [type, decibels] of Object.entries({ int8, int4 })) {
    test.info().annotations.push({ type, description: `${decibels.toFixed(1)} dB` });
  }
  expect.soft(int8).toBeGreaterThanOrEqual(30);
  expect.soft(int4).toBeGreaterThanOrEqual(15);
});
