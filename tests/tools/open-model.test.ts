import { afterEach, expect, it, vi } from "vitest";
import { readConfig } from "../../src/checkpoint/model-description.ts";
import { DownloadError, ModelError, OptionError, TokenizerError } from "../../src/errors.ts";
import { openModel, readModel } from "../../tools/node/open-model.ts";

const options = { signal: new AbortController().signal };
const noFolder = 'There is no folder "models/mine" here either.';

afterEach(() => vi.unstubAllGlobals());

it.each(["./nowhere", "../nowhere", "/nowhere/at/all"])("%s is a folder or nothing", (path) => {
  expect(() => openModel(path, options)).toThrow(ModelError);
  expect(() => openModel(path, options)).toThrow(`${path} is no folder`);
});

it.each([
  [401, DownloadError],
  [404, ModelError],
])("an id that Hugging Face answers with %i may be a folder", async (status, Kind) => {
  vi.stubGlobal("fetch", async () => new Response("", { status }));
  const error = await readModel("models/mine", options, readConfig).catch((error) => error);
  expect(error).toBeInstanceOf(Kind);
  expect(error.message).toContain("models/mine");
  expect(error.message.endsWith(noFolder)).toBe(true);
  expect(error.cause).toBeInstanceOf(Kind);
});

it("so may a longer name", async () => {
  const reading = readModel("my/models/mine", options, readConfig);
  await expect(reading).rejects.toThrow(OptionError);
  await expect(reading).rejects.toThrow('There is no folder "my/models/mine" here either.');
});

it.each(["https://example.org/models/mine", "src", "./nowhere"])(
  "of %s nobody need be told where else to look",
  async (model) => {
    vi.stubGlobal("fetch", async () => new Response("", { status: 404 }));
    const error = await readModel(model, options, readConfig).catch((error) => error);
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).not.toContain("either");
  },
);

it("other errors stay as they are", async () => {
  const broken = new TokenizerError("broken");
  const reading = readModel("models/mine", options, () => Promise.reject(broken));
  await expect(reading).rejects.toBe(broken);
});
