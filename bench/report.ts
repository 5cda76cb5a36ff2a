export type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

/** A table of one bench, with what is needed to read it. */
export interface Report {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What the columns mean, where their heads do not say it. */
  readonly notes?: readonly string[];
  /** Rates of this machine that the rows are compared with, in GFLOP/s, GOP/s, GB/s. */
  readonly rooflines?: Readonly<Record<string, number>>;
}

/** Where a bench ran. */
export interface MachineFacts {
  /** The user agent, or Node's version. */
  readonly host: string;
  readonly hardwareConcurrency: number;
}

/** The table for people, in Markdown. */
export function formatReport(report: Report, facts: MachineFacts): string {
  const lines = [`## ${report.title}`, "", ...formatTable(report.rows), ""];
  for (const note of report.notes ?? []) lines.push(note);
  const rooflines = Object.entries(report.rooflines ?? {}).map(([name, rate]) => `${name} ${rate}`);
  if (rooflines.length > 0) lines.push(`This machine, in the same run: ${rooflines.join(", ")}`);
  lines.push(`${facts.host}, ${facts.hardwareConcurrency} logical processors`);
  return lines.join("\n");
}

/** One line of JSON for machines, with all that the table has. */
export function formatJson(bench: string, report: Report, facts: MachineFacts): string {
  return JSON.stringify({ bench, ...facts, ...report });
}

/** A Markdown table; columns are those of all rows, in the order in which they first appear. */
export function formatTable(rows: readonly Row[]): string[] {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => heads.map((head) => formatCell(row[head])));
  const widths = heads.map((head, i) =>
    Math.max(3, head.length, ...cells.map((line) => line[i]!.length)),
  );
  const isNumeric = heads.map((head) =>
    rows.every((row) => typeof (row[head] ?? 0) === "number" || /^[-\d]/.test(String(row[head]))),
  );
  const align = (cell: string, i: number) =>
    isNumeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
  const line = (row: readonly string[]) => `| ${row.map(align).join(" | ")} |`;
  const rule = widths.map((width, i) => `${"-".repeat(width - 1)}${isNumeric[i] ? ":" : "-"}`);
  return [line(heads), `| ${rule.join(" | ")} |`, ...cells.map(line)];
}

function formatCell(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? "" : String(cell);
}
