import { expect, it } from "vitest";
import { type ChartPoint, drawChart } from "../../bench/quality/chart.ts";
import { placeLabels } from "../../bench/quality/place-labels.ts";

const room = { left: 0, top: 0, right: 700, bottom: 400, lineHeight: 16, mark: 5 };

/** Points so close that labels to their right would cover each other. */
function crowd(count: number) {
  return Array.from({ length: count }, (_, i) => {
    return { x: 300 + 7 * (i % 4), y: 200 + 6 * Math.floor(i / 4), width: 90 };
  });
}

it.each([1, 2, 5, 12])(
  "labels of %i close points cover neither each other nor a point",
  (count) => {
    const placed = placeLabels(crowd(count), room);
    for (const [i, { box, point }] of placed.entries()) {
      expect(box.left).toBeGreaterThanOrEqual(room.left);
      expect(box.right).toBeLessThanOrEqual(room.right);
      for (const other of placed.slice(i + 1)) {
        const apart =
          box.right <= other.box.left ||
          other.box.right <= box.left ||
          box.bottom <= other.box.top ||
          other.box.bottom <= box.top;
        expect(apart, `labels ${i} and ${placed.indexOf(other)}`).toBe(true);
      }
      for (const { point: other } of placed) {
        if (other === point) continue;
        const isAcross = other.x > box.left && other.x < box.right;
        expect(isAcross && other.y > box.top && other.y < box.bottom).toBe(false);
      }
    }
  },
);

it("a label stands beside a lonely point, without a line to it", () => {
  const [placed] = placeLabels([{ x: 100, y: 100, width: 50 }], room);
  expect(placed!.leader).toBeNull();
  expect(placed!.box).toEqual({ left: 109, top: 92, right: 159, bottom: 108 });
});

it("draws points on a logarithmic axis, each with its label, for light and dark pages", () => {
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
  for (const label of ["worse", "middle", "better"]) expect(svg).toContain(`>${label}</text>`);
  // Behind the legend's one: a factor of ten is the same way each time.
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
