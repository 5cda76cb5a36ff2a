import { expect, part, recognise, sample, speech, test, trySample } from "./fixtures/test.ts";

test("after the first load the page transcribes without a network", async ({ page, context }) => {
  await page.goto("./");
  await trySample(page, speech.text);

  await context.setOffline(true);
  await expect(page.evaluate(() => fetch("./favicon.ico").then(() => "reached"))).rejects.toThrow();
  const audio = { name: "mine.flac", mimeType: "audio/flac", buffer: speech.bytes() };
  const finished = page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document
          .querySelector("speech-transcriber")!
          .addEventListener("transcript", ({ detail }) => resolve(detail.text));
      }),
  );
  await page.locator("speech-transcriber input[type=file]").setInputFiles(audio);
  expect(await finished).toMatch(speech.text);
});

test("the page, once opened, opens again without a network and transcribes its sample", async ({
  page,
  context,
}) => {
  await page.goto("./");
  await expect(page.getByText(/^Ready/)).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));

  await context.setOffline(true);
  await page.reload();
  await expect(part(page, "text")).toBeEmpty();
  await trySample(page, speech.text);
});

test("the second load of the embedded model reads none of its files from the network", async ({
  context,
  fwhisper,
}) => {
  const requested: string[] = [];
  context.on("request", (request) => {
    const file = /(\w+)-[\w-]+\.(json|safetensors)$/.exec(request.url());
    if (file !== null) requested.push(`${file[1]}.${file[2]}`);
  });
  const load = () =>
    fwhisper.evaluate(async ({ createTranscriber }) => {
      const sources = new Set<boolean>();
      const transcriber = await createTranscriber("embedded", {
        onProgress: (event) => {
          if (event.status === "download") sources.add(event.cached);
        },
      });
      transcriber.dispose();
      return [...sources];
    });

  expect(await load()).toEqual([false]);
  expect(requested.sort()).toEqual([
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
  ]);
  requested.length = 0;
  expect(await load()).toEqual([true]);
  expect(requested).toEqual([]);
});

test("a model from a server loads again when the server is gone", async ({ fwhisper, server }) => {
  const url = server.url("models/digits/");
  expect(await recognise(fwhisper, url)).toMatchObject({ text: sample.text });
  expect(server.requestsFor("model.safetensors")).toHaveLength(1);

  const requests = server.requests.length;
  await server.stop();
  expect(await recognise(fwhisper, url)).toMatchObject({ text: sample.text });
  const stored = await fwhisper.evaluate(async ({ listModels }) => {
    return (await listModels()).map(({ id, complete }) => ({ id, complete }));
  });
  expect(stored).toEqual([{ id: url, complete: true }]);
  expect(server.requests).toHaveLength(requests);
});

test("a deleted model is downloaded again", async ({ fwhisper, server }) => {
  const url = server.url("models/digits/");
  const deleted = await fwhisper.evaluate(async (fwhisper, url) => {
    const load = async () => (await fwhisper.createTranscriber(url)).dispose();
    await load();
    const before = await fwhisper.storageUsage();
    const found = await fwhisper.deleteModel(url);
    const after = await fwhisper.storageUsage();
    await load();
    return { found, before: before.usedBytes, after: after.usedBytes };
  }, url);
  expect(deleted.found).toBe(true);
  expect(deleted.before).toBeGreaterThan(1_000_000);
  expect(deleted.after).toBe(0);
  expect(server.requestsFor("model.safetensors")).toHaveLength(2);
});
