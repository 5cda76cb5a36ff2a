import { describe, expect, it } from "vitest";
import { findViolations } from "./import-rules.ts";
import { readSources } from "./read-sources.ts";

describe("import directions", () => {
  it("hold in every source file", () => {
    const sources = readSources("src", "worker", "assembly", "tools");
    expect(sources.has("src/widget/element.ts")).toBe(true);
    expect(sources.has("worker/engine.worker.ts")).toBe(true);
    const violations = [...sources].flatMap(([path, source]) => findViolations(path, source));
    expect(violations).toEqual([]);
  });

  it.each([
    ["a worker imported as a module", "src/transcriber.ts", 'import "../worker/engine.worker.ts";'],
    ["storage that knows the model", "src/storage/a.ts", 'import { b } from "../model/b.ts";'],
    [
      "the model's types beyond its source",
      "src/storage/a.ts",
      'import type { b } from "../model/b.ts";',
    ],
    [
      "a type-only edge used for values",
      "worker/kernel.worker.ts",
      'import { b } from "../src/kernels/b.ts";',
    ],
    ["a model that knows storage", "src/model/a.ts", 'import type { b } from "../storage/b.ts";'],
    ["decoding that knows files", "src/decoding/a.ts", 'export { b } from "../storage/b.ts";'],
    [
      "decoding that knows recordings",
      "src/decoding/a.ts",
      'import {\n  b,\n} from "../transcription/b.ts";',
    ],
    [
      "a thread that knows more than the kernels",
      "worker/kernel.worker.ts",
      'import { b } from "../src/transcription/b.ts";',
    ],
    ["kernels that know Whisper", "src/kernels/a.ts", 'import { b } from "../model/b.ts";'],
    ["a leaf with a stem", "src/errors.ts", 'import { b } from "./kernels/b.ts";'],
    ["assembly that looks outside", "assembly/a.ts", 'import { b } from "../src/errors";'],
    [
      "an engine that knows the page",
      "worker/engine.worker.ts",
      'import { b } from "../src/audio/b.ts";',
    ],
    [
      "a widget that reaches past the transcriber",
      "src/widget/a.ts",
      'import { b } from "../storage/b.ts";',
    ],
    ["a tool that needs a page", "tools/a.ts", 'import { b } from "../src/transcriber.ts";'],
    [
      "an entry that carries the embedded model",
      "src/create-transcriber.ts",
      'const { b } = await import("./embedded-model.ts");',
    ],
    [
      "an engine that carries the embedded model",
      "src/storage/a.ts",
      'import { b } from "../embedded-model.ts";',
    ],
    ["a dynamic import", "src/model/a.ts", 'const b = await import("../storage/b.ts");'],
    ["Node in the library", "src/audio/a.ts", 'import { readFile } from "node:fs";'],
    ["a package out of its place", "src/model/a.ts", 'import { get } from "idb-keyval";'],
    ["an unknown package", "src/model/a.ts", 'import lodash from "lodash";'],
    ["a page's global in the engine", "src/model/a.ts", "const root = document.body;"],
    ["a page's type in a leaf", "src/results.ts", "export type Sound = AudioBuffer;"],
    ["a file of no part", "src/utils.ts", ""],
  ])("are broken by %s", (_, path, source) => {
    expect(findViolations(path, source)).toHaveLength(1);
  });

  it.each([
    ["leaves, from anywhere", "src/kernels/a.ts", 'import { EngineError } from "../errors.ts";'],
    ["the folder's own files", "src/model/a.ts", 'import { b } from "./b.ts";'],
    [
      "the one interface that storage and model share",
      "src/storage/a.ts",
      'import type { ModelSource } from "../checkpoint/model-source.ts";',
    ],
    [
      "a worker by its address",
      "src/wire/a.ts",
      'new Worker(new URL("../../worker/engine.worker.ts", import.meta.url));',
    ],
    [
      "a worker's worker by its address",
      "worker/kernel-host.ts",
      'new Worker(new URL("./kernel.worker.ts", import.meta.url));',
    ],
    ["globals of pages in the page", "src/audio/a.ts", "new OfflineAudioContext(1, 1, 48000);"],
    [
      "words in comments and strings",
      "src/model/a.ts",
      '// import "../storage/b.ts";\n/* document */ const a = "document";',
    ],
  ])("allow %s", (_, path, source) => {
    expect(findViolations(path, source)).toEqual([]);
  });
});
