import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

/** The source files of folders, by their paths from the repository's root. */
export function readSources(...folders: readonly string[]): Map<string, string> {
  const paths = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .filter((path) => /\.(ts|js|mjs)$/.test(path)),
  );
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
}
