/** Rows of cells, columns side by side; numbers stand to the right. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) => {
    return isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
