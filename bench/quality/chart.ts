import { type LabelledPoint, type PlacedLabel, placeLabels } from "./place-labels.ts";

/** One contestant of the picture. */
export interface ChartPoint {
  readonly label: string;
  readonly group: "as loaded" | "without rotation" | "recast";
  readonly bytes: number;
  /** Nats a token, above 0. */
  readonly klDivergence: number;
}

const width = 760;
const height = 440;
/** Of the plot within the picture. */
const plot = { left: 72, top: 56, right: width - 24, bottom: height - 52 };
const MARK = 5;
const FONT = 13;
/** Of the system's sans serif at that size, generously. */
const CHARACTER = 7.2;

/**
 * Bytes of weights against what they cost, as SVG: KL on a logarithmic axis, a label at each point. It
 * has its own background, dark where the reader's page is.
 */
export function drawChart(title: string, points: readonly ChartPoint[]): string {
  const megabytes = points.map(({ bytes }) => bytes / 1e6);
  const xTicks = linearTicks(Math.min(...megabytes), Math.max(...megabytes));
  const yTicks = decadeTicks(points.map(({ klDivergence }) => klDivergence));
  const [xFirst, xLast] = [xTicks[0]!, xTicks.at(-1)!];
  const [yFirst, yLast] = [Math.log(yTicks[0]!), Math.log(yTicks.at(-1)!)];
  const x = (mb: number) => {
    return plot.left + ((mb - xFirst) / (xLast - xFirst)) * (plot.right - plot.left);
  };
  const y = (kl: number) => {
    return plot.bottom - ((Math.log(kl) - yFirst) / (yLast - yFirst)) * (plot.bottom - plot.top);
  };
  const placed = placeLabels(
    points.map((point): LabelledPoint & ChartPoint => {
      const { bytes, klDivergence, label } = point;
      return { ...point, x: x(bytes / 1e6), y: y(klDivergence), width: label.length * CHARACTER };
    }),
    { ...plot, lineHeight: FONT + 3, mark: MARK },
  );
  const groups = [...new Set(points.map(({ group }) => group))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    style,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(plot.left, 24, title, "title"),
    ...groups.map((group, i) => legend(group, plot.left + MARK + 150 * i, 42)),
    ...xTicks.map((mb) => line("grid", x(mb), plot.top, x(mb), plot.bottom)),
    ...yTicks.map((kl) => line("grid", plot.left, y(kl), plot.right, y(kl))),
    ...xTicks.map((mb) => text(x(mb), plot.bottom + 18, String(mb), "tick middle")),
    ...yTicks.map((kl) => text(plot.left - 8, y(kl) + 4, formatTick(kl), "tick end")),
    text((plot.left + plot.right) / 2, height - 12, "MB of weights", "tick middle"),
    text(plot.left - 8, plot.top - 10, "KL, nats", "tick end"),
    ...placed.flatMap(({ point, leader }) => {
      return leader === null ? [] : [line("leader", point.x, point.y, leader.x, leader.y)];
    }),
    ...placed.map(({ point }) => mark(point.group, point.x, point.y)),
    ...placed.map(labelOf),
    "</svg>",
    "",
  ].join("\n");
}

const style = `<style>
  .page { fill: #ffffff; }
  text { font: ${FONT}px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .tick { font-size: 12px; fill: #59636e; }
  .middle { text-anchor: middle; }
  .end { text-anchor: end; }
  .grid { stroke: #d1d9e0; }
  .leader { stroke: #818b98; }
  .mark { fill: #0969da; stroke: #ffffff; }
  .recast { fill: #1a7f37; }
  .without { fill: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #f0f6fc; }
    .tick { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .leader { stroke: #656c76; }
    .mark { fill: #4493f8; stroke: #0d1117; }
    .recast { fill: #3fb950; }
    .without { fill: #f0883e; }
  }
</style>`;

/** Flush with the side of its box that is towards the point: the box is wider than most text. */
function labelOf({ point, box }: PlacedLabel<LabelledPoint & ChartPoint>): string {
  const y = box.bottom - 4;
  if (box.left > point.x) return text(box.left, y, point.label, "label");
  if (box.right < point.x) return text(box.right, y, point.label, "label end");
  return text((box.left + box.right) / 2, y, point.label, "label middle");
}

/** A disc, a lozenge, a square: told apart without colour too. */
function mark(group: ChartPoint["group"], x: number, y: number): string {
  const [cx, cy] = [x.toFixed(1), y.toFixed(1)];
  if (group === "as loaded") return `<circle class="mark" cx="${cx}" cy="${cy}" r="${MARK}"/>`;
  const side = 2 * MARK - 1;
  const [left, top] = [(x - side / 2).toFixed(1), (y - side / 2).toFixed(1)];
  const square = `x="${left}" y="${top}" width="${side}" height="${side}"`;
  return group === "recast"
    ? `<rect class="mark recast" ${square} transform="rotate(45 ${cx} ${cy})"/>`
    : `<rect class="mark without" ${square}/>`;
}

function legend(group: ChartPoint["group"], x: number, y: number): string {
  return `${mark(group, x, y - 4)}${text(x + 12, y, group, "tick")}`;
}

function line(name: string, x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line class="${name}" x1="${a}" y1="${b}" x2="${c}" y2="${d}"/>`;
}

function text(x: number, y: number, content: string, name: string): string {
  return `<text class="${name}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${escapeText(content)}</text>`;
}

function escapeText(content: string): string {
  return content.replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`);
}

/** Whole steps of 1, 2 or 5 times a power of ten around all values, with room to both sides. */
function linearTicks(least: number, most: number): number[] {
  const rough = Math.max(most - least, most / 10) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
  const first = Math.max(0, Math.floor(least / step - 0.5));
  const last = Math.ceil(most / step + 0.5);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    return Number(((first + i) * step).toPrecision(12));
  });
}

/** 1, 2 and 5 times powers of ten, from below the least value to above the greatest, labels too. */
function decadeTicks(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)) - 1; power <= Math.log10(most) + 1; power++) {
    for (const factor of [1, 2, 5]) ticks.push(Number(`${factor}e${power}`));
  }
  const first = ticks.findLastIndex((tick) => tick < least / 1.3);
  const last = ticks.findIndex((tick) => tick > 1.3 * most);
  return ticks.slice(first, last + 1);
}

/** "0.0005", "2". */
function formatTick(kl: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(kl) + 1e-9));
  return kl.toFixed(digits);
}
