import { afterEach, expect, it, vi } from "vitest";
import { createTranscriber } from "../src/create-transcriber.ts";
import { embeddedModel } from "../src/embedded-model.ts";
import type { ModelFiles } from "../src/options/options.ts";

// The worker's side has tests of its own: what would be sent to it is looked at here.
const opened = vi.hoisted(() => vi.fn());
vi.mock("../src/transcriber.ts", () => ({ openTranscriber: opened }));
afterEach(() => opened.mockReset());

const given = () => opened.mock.calls.map(([model]) => model as string | URL | ModelFiles);

it('finds the files of "embedded", the default, beside itself', async () => {
  await createTranscriber();
  await createTranscriber("embedded");
  expect(given()).toEqual([embeddedModel, embeddedModel]);
  // It crosses to the worker as it is.
  expect(structuredClone(given()[0])).toEqual(embeddedModel);
});

it("passes on every other model as it is", async () => {
  const models = ["openai/whisper-tiny", new URL("https://x.test/m"), embeddedModel];
  for (const model of models) await createTranscriber(model);
  expect(given()).toEqual(models);
});

it("looks for nothing when the signal is aborted already", async () => {
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await expect(createTranscriber("embedded", { signal })).rejects.toThrow("changed my mind");
  expect(given()).toEqual([]);
});
