import type { BrowserContext, Page } from "@playwright/test";
import {
  expect,
  importPackage,
  openDigitsPage,
  openEmptyPage,
  part,
  recognise,
  sample,
  speech,
  test,
  trySample,
} from "./fixtures/test.ts";

async function limitStorage(page: Page, context: BrowserContext): Promise<void> {
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 500_000 });
}

test("a full store: the model is used from memory, with a warning", async ({
  page,
  context,
  fwhisper,
  server,
}) => {
  await limitStorage(page, context);
  const { text, warnings } = await recognise(fwhisper, server.url("models/digits/"));
  expect(text).toBe(sample.text);
  expect(warnings).toEqual([
    expect.stringMatching(/^http\S+\/digits\/ cannot be kept .*QuotaExceeded/),
  ]);
});

test.describe(() => {
  // Else the page's service worker would serve the worker as it was built.
  test.use({ serviceWorkers: "block" });
  test("a forbidden store: the model is used from memory, with a warning", async ({
    page,
    server,
  }) => {
    // What a browser that blocks site data does, in the worker.
    await page.route("**/engine.worker*.js", async (route) => {
      const response = await route.fetch();
      const forbid = `Object.defineProperty(self, "indexedDB", {
      get() { throw new DOMException("Access is denied.", "SecurityError"); },
    });`;
      await route.fulfill({ response, body: forbid + (await response.text()) });
    });
    await openEmptyPage(page);
    // Of the site itself: a worker made up by the test would not be let to other servers.
    const { text, warnings } = await recognise(
      await importPackage(page, server),
      "embedded",
      {},
      speech,
    );
    expect(text).toMatch(speech.text);
    expect(warnings).toEqual([
      expect.stringMatching(/^embedded cannot be kept .*Access is denied/),
    ]);
  });
});

test("the element shows the warning and still works", async ({ page, context, server }) => {
  await openDigitsPage(page, server);
  await limitStorage(page, context);
  await trySample(page);
  await expect(part(page, "warning")).toContainText("used from memory");
});
