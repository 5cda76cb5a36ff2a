/** One contestant of the picture. */
export interface ChartPoint {
  readonly label: string;
  readonly group: "as loaded" | "without rotation" | "recast";
  readonly bytes: number;
  /** Nats a token, above 0. */
  readonly klDivergence: number;
}

const width = 760;
/** Of the plot within the picture; the key stands beneath. */
const plot = { left: 72, top: 56, right: width - 24, bottom: 388 };
const KEY_TOP = plot.bottom + 64;
const KEY_LINE = 18;
const MARK = 5;

/**
 * Bytes of weights against what they cost, as SVG: KL on a logarithmic axis, a number at each point,
 * and a key to them. It has its own background, dark where the reader's page is.
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
  const numbered = points.map((point, i) => ({ ...point, number: i + 1 }));
  const groups = [...new Set(points.map(({ group }) => group))].map((group) => ({
    group,
    members: numbered.filter((point) => point.group === group),
  }));
  const keyLines = Math.max(...groups.map(({ members }) => members.length));
  const height = KEY_TOP + KEY_LINE * (keyLines + 1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    style,
    `<rect class="page" width="${width}" height="${height}"/>`,
    text(plot.left, 24, title, "title"),
    ...groups.flatMap(({ group, members }, i) => keyOf(group, members, plot.left + MARK + 220 * i)),
    ...xTicks.map((mb) => line("grid", x(mb), plot.top, x(mb), plot.bottom)),
    ...yTicks.map((kl) => line("grid", plot.left, y(kl), plot.right, y(kl))),
    ...xTicks.map((mb) => text(x(mb), plot.bottom + 18, String(mb), "tick middle")),
    ...yTicks.map((kl) => text(plot.left - 8, y(kl) + 4, formatTick(kl), "tick end")),
    text((plot.left + plot.right) / 2, plot.bottom + 40, "MB of weights", "tick middle"),
    text(plot.left - 8, plot.top - 10, "KL, nats", "tick end"),
    ...points.map(({ group, bytes, klDivergence }) => {
      return mark(group, x(bytes / 1e6), y(klDivergence));
    }),
    ...numbered.map(({ group, bytes, klDivergence, number }) => {
      // The same bits with rotation and without may lie at the same place.
      const [aside, name] = group === "without rotation" ? [-9, "end"] : [9, "start"];
      return text(x(bytes / 1e6) + aside, y(klDivergence) + 4, String(number), name);
    }),
    "</svg>",
    "",
  ].join("\n");
}

const style = `<style>
  .page { fill: #ffffff; }
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .tick { font-size: 12px; fill: #59636e; }
  .middle { text-anchor: middle; }
  .end { text-anchor: end; }
  .grid { stroke: #d1d9e0; }
  .mark { fill: #0969da; stroke: #ffffff; }
  .recast { fill: #1a7f37; }
  .without { fill: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #f0f6fc; }
    .tick { fill: #9198a1; }
    .grid { stroke: #30363d; }
    .mark { fill: #4493f8; stroke: #0d1117; }
    .recast { fill: #3fb950; }
    .without { fill: #f0883e; }
  }
</style>`;

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

/** A group's mark and name, and beneath it the numbers of its points. */
function keyOf(
  group: ChartPoint["group"],
  members: readonly (ChartPoint & { readonly number: number })[],
  x: number,
): string[] {
  return [
    `${mark(group, x, KEY_TOP - 4)}${text(x + 12, KEY_TOP, group, "tick")}`,
    ...members.map(({ number, label }, i) => {
      return text(x + 12, KEY_TOP + KEY_LINE * (i + 1), `${number} ${label}`, "label");
    }),
  ];
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

/** 1, 2 and 5 times powers of ten, from below the least value to above the greatest. */
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
