import type { Page } from "@playwright/test";
import { chooseThreadCount } from "../src/kernels/thread-count.ts";
import { FileServer } from "./fixtures/file-server.ts";
import {
  test as base,
  expect,
  importPackage,
  part,
  recognise,
  sample,
  speech,
  trySample,
} from "./fixtures/test.ts";

const dist = new URL("../dist/", import.meta.url);

const test = base.extend<{ plainSite: FileServer }>({
  /** The built site on a server that knows nothing of isolation. */
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to find what a fixture needs.
  plainSite: async ({}, use) => {
    const site = await FileServer.start(dist, "/folder/");
    await use(site);
    await site.stop();
  },
});

const isIsolated = (page: Page) => page.evaluate(() => crossOriginIsolated);

/** The threads that this machine should be given where memory can be shared. */
async function defaultThreads(page: Page): Promise<number> {
  return chooseThreadCount(undefined, await page.evaluate(() => navigator.hardwareConcurrency));
}

/** What the element tells of its model. */
function elementFacts(page: Page) {
  return page.evaluate(async () => {
    const { kernels, threads } = await document.querySelector("speech-transcriber")!.load();
    return { kernels, threads };
  });
}

test("an isolated page transcribes on all threads, with relaxed SIMD", async ({ page }) => {
  await page.goto("./");
  expect(await isIsolated(page)).toBe(true);
  expect(await elementFacts(page)).toEqual({
    kernels: "relaxed",
    threads: await defaultThreads(page),
  });
  await trySample(page, speech.text);
});

test("as many threads are used as are asked for, up to the processors there are", async ({
  page,
  fwhisper,
  server,
}) => {
  const { text } = sample;
  const digits = server.url("models/digits/");
  const processors = await page.evaluate(() => navigator.hardwareConcurrency);
  expect(await recognise(fwhisper, digits, { threads: 1 })).toMatchObject({ text, threads: 1 });
  const most = { text, threads: processors };
  expect(await recognise(fwhisper, digits, { threads: 1000 })).toMatchObject(most);
});

test("a thread count that is none is refused", async ({ fwhisper }) => {
  const refusal = await fwhisper.evaluate(({ createTranscriber, digits }) =>
    createTranscriber(digits, { threads: 0.5 }).catch(({ name, message }) => [name, message]),
  );
  expect(refusal).toEqual(["OptionError", "threads: expected a whole number from 1; found 0.5."]);
});

test("a page that is not isolated has no shared memory, and transcribes on one thread", async ({
  page,
  plainSite,
  server,
}) => {
  await page.goto(plainSite.url("index.js"));
  expect(await page.evaluate(() => typeof SharedArrayBuffer)).toBe("undefined");
  const fwhisper = await importPackage(page, server);
  const result = await recognise(fwhisper, server.url("models/digits/"), { threads: 2 });
  expect(result).toMatchObject({ text: sample.text, threads: 1, kernels: "relaxed" });
});

test("a static server's page, left alone, is loaded once more and is isolated then", async ({
  page,
  plainSite,
}) => {
  let loads = 0;
  page.on("domcontentloaded", () => loads++);
  await page.goto(plainSite.url("index.html"), { waitUntil: "commit" });
  // Not a word to the page meanwhile: what Playwright evaluates counts as its user's doing.
  await expect.poll(() => loads).toBe(2);
  expect(await isIsolated(page)).toBe(true);
  expect(await elementFacts(page)).toEqual({
    kernels: "relaxed",
    threads: await defaultThreads(page),
  });
  await trySample(page, speech.text);
  expect(loads).toBe(2);
});

test("a static server's page is not taken from a user who has begun; the next visit is isolated", async ({
  page,
  context,
  plainSite,
}) => {
  await page.goto(plainSite.url("index.html"));
  await page.keyboard.press("Tab");
  await page.evaluate(() => {
    document.title = "mine";
  });
  await trySample(page, speech.text);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  expect(await elementFacts(page)).toEqual({ kernels: "relaxed", threads: 1 });
  await expect(page).toHaveTitle("mine");
  await expect(part(page, "text")).toHaveText(speech.text);

  for (const offline of [false, true]) {
    await context.setOffline(offline);
    await page.goto(plainSite.url("index.html"));
    expect(await isIsolated(page)).toBe(true);
    expect((await elementFacts(page)).threads).toBe(await defaultThreads(page));
    await trySample(page, speech.text);
  }
});

test("a page that cannot be isolated is not loaded again and again", async ({
  page,
  plainSite,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, "crossOriginIsolated", { value: false });
  });
  let loads = 0;
  page.on("domcontentloaded", () => loads++);
  await page.goto(plainSite.url("index.html"), { waitUntil: "commit" });
  await expect.poll(() => loads).toBe(2);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);

  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.unregister();
  });
  await page.reload();
  // Whether it takes over once more depends on how far the old one had gone; being ready does not.
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.waitForTimeout(500);
  expect(loads).toBe(3);
});
