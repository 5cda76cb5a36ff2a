import { describe, expect, it } from "vitest";
import { importedFiles } from "./import-rules.ts";
import { readSources } from "./read-sources.ts";

/** The files on a path that comes back to where it began, one circle at most; empty where there is none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>();
  const visit = (file: string, way: readonly string[]): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (finished.has(file)) return [];
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle.length > 0) return circle;
    }
    finished.add(file);
    return [];
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

describe("imports", () => {
  it("never lead in a circle, within a folder neither", () => {
    const sources = readSources("src", "worker", "assembly", "tools", "bench");
    const imports = [...sources].map(
      ([path, source]) => [path, importedFiles(path, source)] as const,
    );
    expect(findCircle(new Map(imports))).toEqual([]);
  });

  it("that lead in a circle are found", () => {
    const imports = new Map([
      ["a.ts", ["b.ts", "c.ts"]],
      ["b.ts", ["c.ts"]],
      ["c.ts", ["d.ts"]],
      ["d.ts", ["b.ts"]],
    ]);
    expect(findCircle(imports)).toEqual(["b.ts", "c.ts", "d.ts", "b.ts"]);
    imports.set("d.ts", []);
    expect(findCircle(imports)).toEqual([]);
  });
});
