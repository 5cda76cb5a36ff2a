import type { JSHandle } from "@playwright/test";
import {
  expect,
  type Fwhisper,
  importPackage,
  openDigitsPage,
  openEmptyPage,
  sample,
  speech,
  test,
} from "./fixtures/test.ts";

/** Loads a model and recognises a recording; gives the warnings on the way, too. */
function recognise(
  fwhisper: JSHandle<Fwhisper>,
  model: string,
  recording: { bytes(): Buffer } = sample,
) {
  return fwhisper.evaluate(
    async ({ createTranscriber }, { model, bytes }) => {
      const warnings: string[] = [];
      const transcriber = await createTranscriber(model, {
        onProgress: (event) => {
          if (event.status === "warning") warnings.push(event.message);
        },
      });
      const { text } = await transcriber.transcribe(new Uint8Array(bytes));
      transcriber.dispose();
      return { text, warnings };
    },
    { model, bytes: [...recording.bytes()] },
  );
}

test("a full store: the model is used from memory, with a warning", async ({
  page,
  context,
  fwhisper,
  server,
}) => {
  const digits = server.url("models/digits/");
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 500_000 });
  const { text, warnings } = await recognise(fwhisper, digits);
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
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 500_000 });
  await page.getByRole("button", { name: "Try the sample" }).click();
  await expect(page.locator("speech-transcriber #text")).toHaveText(sample.text);
  await expect(page.locator("speech-transcriber #warning")).toContainText("used from memory");
});
