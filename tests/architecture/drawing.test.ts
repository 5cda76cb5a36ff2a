import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { importedFiles } from "./import-rules.ts";
import { readSources } from "./read-sources.ts";

/** Rooms that anyone may use: arrows to them would say nothing. */
const leaves = [
  "errors",
  "options",
  "results",
  "model-info",
  "describe-value",
  "json-fields",
  "async",
];

/** "src/model/encoder.ts" -> "model"; "worker/engine.worker.ts" -> "worker/engine". */
function roomOf(path: string): string {
  const [top, room, file] = path.split("/") as [string, string, string?];
  if (top === "worker") return `worker/${room.split(".")[0]}`;
  return file === undefined ? room.replace(/\.\w+$/, "") : room;
}

/** For each room the rooms that it imports, types too. */
function readRooms(): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const [path, source] of readSources("src", "worker")) {
    const from = roomOf(path);
    const targets = rooms.get(from) ?? new Set();
    rooms.set(from, targets);
    for (const file of importedFiles(path, source)) {
      if (file.startsWith("build/")) continue;
      const to = roomOf(file);
      if (to !== from && !leaves.includes(to)) targets.add(to);
    }
  }
  return rooms;
}

/** Arrows that no longer way stands for. */
function reduce(rooms: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reaches = (from: string, to: string): boolean => {
    return [...(rooms.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  };
  return [...rooms].flatMap(([from, targets]) => {
    return [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to) => `${from} --> ${to}`);
  });
}

it("docs/architecture.md draws the imports between rooms, but those that a longer way stands for", () => {
  const page = readFileSync(new URL("../../docs/architecture.md", import.meta.url), "utf8");
  const drawn = [...page.matchAll(/^ +(\S+ --> \S+)$/gm)].map(([, arrow]) => arrow!);
  expect(drawn.sort()).toEqual(reduce(readRooms()).sort());
});
