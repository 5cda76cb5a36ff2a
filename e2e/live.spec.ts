import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JSHandle, Page } from "@playwright/test";
import { launchOptions } from "./fixtures/browser.ts";
import {
  expect,
  type Fwhisper,
  openDigitsPage,
  part,
  sample,
  sampleAt,
  test,
} from "./fixtures/test.ts";

/** What the fake microphone hears: the sample twice, silence around it and after it. */
const spoken = join(tmpdir(), `fwhisper-live-${process.pid}.wav`);
writeFileSync(spoken, sampleAt([1, 8], 30));
test.afterAll(() => rmSync(spoken, { force: true }));
test.use({ launchOptions: launchOptions(`--use-file-for-fake-audio-capture=${spoken}%noloop`) });
// The microphone speaks for half a minute, be the machine fast or slow.
test.describe.configure({ timeout: 120_000 });

const both = sample.text + sample.text;

test("a microphone's stream becomes captions, and ends with its tracks", async ({ fwhisper }) => {
  const heard = await fwhisper.evaluate(async ({ createTranscriber, digits }) => {
    const transcriber = await createTranscriber(digits);
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    const begun = performance.now();
    const events: { status: string; text: string; at: number; start: number }[] = [];
    let text = "";
    for await (const event of transcriber.stream(microphone)) {
      const at = (performance.now() - begun) / 1000;
      const piece = event.status === "final" ? event.segment : event;
      const said = "text" in piece ? piece.text : "";
      events.push({
        status: event.status,
        text: said,
        at,
        start: "start" in piece ? piece.start : 0,
      });
      if (event.status === "final") text += event.segment.text;
      // Seven digits, twice.
      if (text.length === 14) for (const track of microphone.getTracks()) track.stop();
    }
    return { text, events };
  });
  expect(heard.text).toBe(both);
  const of = (status: string) => heard.events.filter((event) => event.status === status);
  expect(of("partial").length).toBeGreaterThan(0);
  expect(of("final").length).toBeGreaterThan(1);
  // The first number is final while the second, from 8 s to 12.5 s, is still spoken.
  const first = of("final").findIndex((_, i, finals) => {
    const texts = finals.slice(0, i + 1).map(({ text }) => text);
    return texts.join("").startsWith(sample.text);
  });
  expect(of("final")[first]!.at).toBeLessThan(12);
  expect(of("final")[0]!.start).toBeGreaterThan(0.5);
  expect(of("final")[0]!.start).toBeLessThan(3);
  expect(of("silence").length).toBeGreaterThan(0);
  expect(heard.events.at(-1)!.status).toBe("done");
});

/** Counts the page's audio engines, which are the library's to close. */
function countAudioEngines(page: Page) {
  return page.evaluateHandle(() => {
    const engines = { open: 0 };
    const { close } = AudioContext.prototype;
    globalThis.AudioContext = class extends AudioContext {
      constructor() {
        super();
        engines.open++;
      }
    };
    AudioContext.prototype.close = function () {
      engines.open--;
      return close.call(this);
    };
    return engines;
  });
}

/** Streams the microphone until a piece of text is final; `end` then ends it. */
async function streamUntilFinal(fwhisper: JSHandle<Fwhisper>, end: "break" | "abort" | "return") {
  return fwhisper.evaluate(
    async ({ createTranscriber, digits }, { bytes, end }) => {
      const transcriber = await createTranscriber(digits);
      const microphone = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const stream = transcriber.stream(microphone, { signal: controller.signal });
      let [finals, after] = [0, 0];
      let ended = false;
      let endedAt = 0;
      const outcome = await (async () => {
        for await (const { status } of stream) {
          if (ended) after++;
          if (status !== "final" || ++finals > 1) continue;
          endedAt = performance.now();
          ended = true;
          if (end === "break") break;
          if (end === "abort") controller.abort(reason);
          // From outside the loop, which then waits for its next event.
          if (end === "return") setTimeout(() => stream.return?.());
        }
        return "ended";
      })().catch((error) => (error === reason ? "the reason" : String(error)));
      const took = performance.now() - endedAt;
      const tracks = microphone.getTracks().map(({ readyState }) => readyState);
      // The engine is free for the next call.
      const { text } = await transcriber.transcribe(new Uint8Array(bytes));
      return { outcome, after, took, tracks, text };
    },
    { bytes: [...sample.bytes()], end },
  );
}

for (const [end, outcome] of [
  ["break", "ended"],
  ["abort", "the reason"],
  ["return", "ended"],
] as const) {
  test(`${end} stops a live stream at once and lets go of everything`, async ({
    page,
    fwhisper,
  }) => {
    const engines = await countAudioEngines(page);
    const stopped = await streamUntilFinal(fwhisper, end);
    expect(stopped.outcome).toBe(outcome);
    // The microphone goes on for ever; on a machine that is not slow it is some milliseconds.
    expect(stopped.took).toBeLessThan(5000);
    expect(stopped.after).toBeLessThan(2);
    // The tracks are the caller's own.
    expect(stopped.tracks).toEqual(["live"]);
    expect(await engines.jsonValue()).toEqual({ open: 0 });
    expect(stopped.text).toBe(sample.text);
  });
}

test("the page shows captions while it records: final text, and greyed what may change", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  const text = part(page, "text");
  /** What the page shows at each caption event. */
  const shown = await page.evaluateHandle(() => {
    const element = document.querySelector("speech-transcriber")!;
    const box = element.shadowRoot!.querySelector<HTMLElement>("#text")!;
    const shown: { event: string; told: string; final: string; partial: string; grey: boolean }[] =
      [];
    element.addEventListener("caption", ({ detail }) => {
      const open = box.querySelector<HTMLElement>(".partial");
      const partial = open?.textContent ?? "";
      shown.push({
        event: detail.status,
        told: "text" in detail ? detail.text : "",
        final: box.textContent.slice(0, box.textContent.length - partial.length),
        partial,
        grey: open !== null && getComputedStyle(open).color !== getComputedStyle(box).color,
      });
    });
    return shown;
  });
  await page.getByRole("button", { name: "Record" }).click();
  await expect(text).toHaveText(new RegExp(`^${sample.text.slice(0, 3)}`), { timeout: 40_000 });
  await expect(part(page, "status")).toContainText("Recording");
  await expect(text).toHaveText(both, { timeout: 60_000 });
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(part(page, "activity")).toBeHidden();
  await expect(text).toHaveText(both);
  await expect(text.locator(".partial")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Record" })).toBeEnabled();

  const moments = await shown.jsonValue();
  const partials = moments.filter(({ event, told }) => event === "partial" && told !== "");
  expect(partials.length).toBeGreaterThan(0);
  for (const { told, partial, grey } of partials) expect([partial, grey]).toEqual([told, true]);
  // Final text only grows.
  for (const [i, { final }] of moments.entries()) {
    expect(both.startsWith(final)).toBe(true);
    expect(final.length).toBeGreaterThanOrEqual(i === 0 ? 0 : moments[i - 1]!.final.length);
  }
});

test("a cancelled recording keeps its final text, and the microphone is let go", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  const text = part(page, "text");
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await ask(constraints);
      Object.assign(globalThis, { microphone: stream });
      return stream;
    };
  });
  await page.getByRole("button", { name: "Record" }).click();
  await expect(text).toHaveText(new RegExp(`^${sample.text}`), { timeout: 40_000 });
  // What may still change goes with the recording.
  await expect(text.locator(".partial")).toHaveCount(0);
  const said = await text.evaluate((box) => box.firstChild!.textContent!);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(part(page, "activity")).toBeHidden();
  const kept = (await text.textContent())!;
  // On a slow machine more may have become final meanwhile.
  expect(both.startsWith(kept) && kept.startsWith(said)).toBe(true);
  const states = await page.evaluate(() => {
    const { microphone } = globalThis as unknown as { microphone: MediaStream };
    return microphone.getTracks().map(({ readyState }) => readyState);
  });
  expect(states).toEqual(["ended"]);
});

test("a microphone that goes away ends the recording, and its text stays", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  const text = part(page, "text");
  const phases = await page.evaluateHandle(() => {
    const status = document
      .querySelector("speech-transcriber")!
      .shadowRoot!.querySelector("#status")!;
    const phases = new Set<string>();
    const note = () => phases.add(status.textContent.replace(/:.*/, ""));
    new MutationObserver(note).observe(status, { childList: true });
    return phases;
  });
  const microphone = await page.evaluateHandle(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    navigator.mediaDevices.getUserMedia = async () => stream;
    return stream;
  });
  await page.getByRole("button", { name: "Record" }).click();
  await expect(text).toHaveText(new RegExp(`^${sample.text.slice(0, 3)}`), { timeout: 40_000 });
  await microphone.evaluate((stream) => {
    for (const track of stream.getTracks()) track.stop();
  });
  await expect(part(page, "activity")).toBeHidden();
  await expect(page.getByRole("alert")).toBeHidden();
  await expect(part(page, "timing")).toContainText("s of audio");
  // Nobody is told to speak while the rest is recognised.
  expect(await phases.evaluate((seen) => [...seen])).toContain("Recognising the rest …");
  expect(await text.textContent()).toMatch(new RegExp(`^${sample.text.slice(0, 3)}`));
});

test("disposing lets go of the capture at once, though nobody asks for the next event", async ({
  page,
  fwhisper,
}) => {
  const engines = await countAudioEngines(page);
  const stream = await fwhisper.evaluateHandle(async ({ createTranscriber, digits }) => {
    const transcriber = await createTranscriber(digits);
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    const stream = transcriber.stream(microphone);
    await stream.next();
    transcriber.dispose();
    return stream;
  });
  await expect.poll(() => engines.jsonValue()).toEqual({ open: 0 });
  const name = await stream.evaluate((events) => events.next().catch((error) => error.name));
  expect(name).toBe("EngineError");
});

test("disposing of the transcriber ends a live stream and its microphone's capture", async ({
  page,
  fwhisper,
}) => {
  const engines = await countAudioEngines(page);
  const outcome = await fwhisper.evaluate(async ({ createTranscriber, digits }) => {
    const transcriber = await createTranscriber(digits);
    const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    return (async () => {
      for await (const { status } of transcriber.stream(microphone)) {
        if (status === "partial") setTimeout(() => transcriber.dispose(), 50);
      }
    })().catch((error) => error.name);
  });
  expect(outcome).toBe("EngineError");
  await expect.poll(() => engines.jsonValue()).toEqual({ open: 0 });
});
