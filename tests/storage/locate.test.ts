import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { embeddedModel } from "../../src/embedded-model.ts";
import { ModelError, OptionError } from "../../src/errors.ts";
import type { ModelFiles } from "../../src/options/options.ts";
import { type LocateOptions, locateModel } from "../../src/storage/locate.ts";

const base = "https://app.test/demo/page.html";

test.each<[string | URL, LocateOptions, string, string]>([
  [
    "openai/whisper-tiny.en",
    {},
    "openai/whisper-tiny.en",
    "https://huggingface.co/openai/whisper-tiny.en/resolve/main/",
  ],
  [
    "o/m",
    { revision: "refs/pr/1" },
    "o/m@refs/pr/1",
    "https://huggingface.co/o/m/resolve/refs%2Fpr%2F1/",
  ],
  ["base", {}, "openai/whisper-base", "https://huggingface.co/openai/whisper-base/resolve/main/"],
  [
    "turbo",
    { revision: "v2" },
    "openai/whisper-large-v3-turbo@v2",
    "https://huggingface.co/openai/whisper-large-v3-turbo/resolve/v2/",
  ],
  ["./base", { base }, "https://app.test/demo/base/", "https://app.test/demo/base/"],
  ["o/m@v2", {}, "o/m@v2", "https://huggingface.co/o/m/resolve/v2/"],
  [
    "o/m",
    { host: "https://mirror.test/hub" },
    "https://mirror.test/hub/o/m/resolve/main/",
    "https://mirror.test/hub/o/m/resolve/main/",
  ],
  ["https://huggingface.co/o/m", {}, "o/m", "https://huggingface.co/o/m/resolve/main/"],
  ["https://huggingface.co/o/m/tree/v2", {}, "o/m@v2", "https://huggingface.co/o/m/resolve/v2/"],
  ["https://x.test/a", {}, "https://x.test/a/", "https://x.test/a/"],
  ["https://x.test/a/", {}, "https://x.test/a/", "https://x.test/a/"],
  [new URL("http://x.test/a"), {}, "http://x.test/a/", "http://x.test/a/"],
  ["./models/m", { base }, "https://app.test/demo/models/m/", "https://app.test/demo/models/m/"],
  ["../m/", { base }, "https://app.test/m/", "https://app.test/m/"],
  ["/m", { base: new URL(base) }, "https://app.test/m/", "https://app.test/m/"],
])("%s %o is %s", (model, options, id, folder) => {
  const location = locateModel(model, options);
  expect(location.id).toBe(id);
  expect(location.fileUrl("config.json")).toBe(`${folder}config.json`);
  const again = locateModel(location.id);
  expect([again.id, again.fileUrl("a/b.c")]).toEqual([id, `${folder}a/b.c`]);
});

const files = { "config.json": "https://x.test/config-1a2b.json" };

test("files at known addresses have the name they are given, and no others", () => {
  const { id, fileUrl } = locateModel({ name: "mine", files });
  expect(id).toBe("mine");
  expect(fileUrl("config.json")).toBe("https://x.test/config-1a2b.json");
  expect(fileUrl("model.safetensors")).toBeNull();
  expect(fileUrl("toString")).toBeNull();
});

test("the embedded model has the files that lie in public/, and knows that it has no others", () => {
  const { id, fileUrl } = locateModel(embeddedModel);
  expect(id).toBe("embedded");
  for (const file of ["config", "generation_config", "preprocessor_config", "tokenizer"]) {
    expect(existsSync(fileURLToPath(fileUrl(`${file}.json`)!))).toBe(true);
  }
  expect(existsSync(fileURLToPath(fileUrl("model.safetensors")!))).toBe(true);
  expect(fileUrl("model.safetensors.index.json")).toBeNull();
});

test("by its name alone the embedded model has an id, and files only for who asks further", () => {
  const { id, fileUrl } = locateModel("embedded");
  expect(id).toBe("embedded");
  expect(() => fileUrl("config.json")).toThrow("Give what fwhisper/tiny.en exports.");
});

test.each([
  ["no name", { files }],
  ["an empty name", { name: "", files }],
  ["no files", { name: "mine" }],
  ["a relative address", { name: "mine", files: { "config.json": "./config.json" } }],
  ["an address that is no text", { name: "mine", files: { "config.json": 7 } }],
  ["null", null],
])("files with %s are refused", (_, model) => {
  expect(() => locateModel(model as unknown as ModelFiles)).toThrow(OptionError);
});

test("files at known addresses have no revision", () => {
  expect(() => locateModel({ name: "mine", files }, { revision: "v2" })).toThrow(OptionError);
});

test.each<[string | URL, LocateOptions]>([
  ["", {}],
  ["whisper", {}],
  ["a/b/c", {}],
  ["../../..", {}],
  ["../x", {}],
  ["./x", { base: "blob:nothing" }],
  ["ftp://x.test/a", {}],
  [new URL("file:///models"), {}],
  ["https://x.test/a?download=true", {}],
  ["https://x.test/a/model.safetensors", {}],
  ["embedded", { revision: "v2" }],
  ["https://x.test/a", { revision: "v2" }],
  ["o/m@v1", { revision: "v2" }],
  ["o/m", { host: "huggingface.co" }],
])("%s %o is refused", (model, options) => {
  expect(() => locateModel(model, options)).toThrow(OptionError);
});

test.each(["../secret", "a/../b", "/etc/passwd", "https://x.test/y", "", ".hidden", "a b"])(
  "a model's file cannot be named %j",
  (file) => {
    expect(() => locateModel("o/m").fileUrl(file)).toThrow(ModelError);
  },
);
