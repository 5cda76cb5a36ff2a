import { expect, it } from "vitest";
import { type ChartPoint, drawChart } from "../../bench/quality/chart.ts";

it("draws points on a logarithmic axis, numbered, with a key, for light and dark pages", () => {
  const point = (label: string, bytes: number, klDivergence: number): ChartPoint => {
    return { label, group: "recast", bytes, klDivergence };
  };
  const svg = drawChart("a < b", [
    point("worse", 20e6, 0.1),
    point("middle", 30e6, 0.01),
    point("better", 40e6, 0.001),
  ]);
  expect(svg).toMatch(/^<svg [^>]*aria-label="a &#60; b">/);
  expect(svg).toContain("@media (prefers-color-scheme: dark)");
  for (const [i, label] of ["worse", "middle", "better"].entries()) {
    expect(svg).toContain(`>${i + 1}</text>`);
    expect(svg).toContain(`>${i + 1} ${label}</text>`);
  }
  // Behind the key's one: a factor of ten is the same way each time.
  const heights = [...svg.matchAll(/rotate\(45 [\d.]+ ([\d.]+)\)/g)]
    .slice(1)
    .map(([, y]) => Number(y));
  expect(heights[1]! - heights[0]!).toBeCloseTo(heights[2]! - heights[1]!, 0);
});

it("draws one point too", () => {
  const svg = drawChart("one", [
    { label: "only", group: "as loaded", bytes: 20e6, klDivergence: 0.1 },
  ]);
  expect(svg).not.toMatch(/NaN|Infinity/);
});
