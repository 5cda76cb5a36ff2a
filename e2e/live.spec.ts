import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JSHandle } from "@playwright/test";
import { launchOptions } from "./fixtures/browser.ts";
import { expect, type Fwhisper, sample, sampleAt, test } from "./fixtures/test.ts";

/** What the fake microphone hears: the sample twice, silence around it and after it. */
const spoken = join(tmpdir(), `fwhisper-live-${process.pid}.wav`);
writeFileSync(spoken, sampleAt([1, 8], 30));
test.afterAll(() => rmSync(spoken, { force: true }));
test.use({ launchOptions: launchOptions(`--use-file-for-fake-audio-capture=${spoken}%noloop`) });

const both = sample.text + sample.text;

test("a microphone's stream becomes captions, and ends with its tracks", async ({ fwhisper }) => {
  const heard = await fwhisper.evaluate(async ({ createTranscriber }) => {
    const transcriber = await createTranscriber();
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
  // While it is spoken, not at its end.
  expect(of("partial").length).toBeGreaterThan(2);
  expect(of("final").length).toBeGreaterThan(2);
  expect(of("final")[0]!.at).toBeLessThan(6);
  expect(of("silence").length).toBeGreaterThan(0);
  expect(heard.events.at(-1)!.status).toBe("done");
});

/** Streams the microphone until a piece of text is final; `end` then ends it. */
async function streamUntilFinal(fwhisper: JSHandle<Fwhisper>, end: "break" | "abort" | "return") {
  return fwhisper.evaluate(
    async ({ createTranscriber }, { bytes, end }) => {
      // The audio engine of the page, which is the library's to close.
      let contexts = 0;
      const { close } = AudioContext.prototype;
      globalThis.AudioContext = class extends AudioContext {
        constructor() {
          super();
          contexts++;
        }
      };
      AudioContext.prototype.close = function () {
        contexts--;
        return close.call(this);
      };
      const transcriber = await createTranscriber();
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
      const open = { contexts, tracks: microphone.getTracks().map(({ readyState }) => readyState) };
      // The engine is free for the next call.
      const { text } = await transcriber.transcribe(new Uint8Array(bytes));
      return { outcome, after, took, open, text };
    },
    { bytes: [...sample.bytes()], end },
  );
}

for (const [end, outcome] of [
  ["break", "ended"],
  ["abort", "the reason"],
  ["return", "ended"],
] as const) {
  test(`${end} stops a live stream at once and lets go of everything`, async ({ fwhisper }) => {
    const stopped = await streamUntilFinal(fwhisper, end);
    expect(stopped.outcome).toBe(outcome);
    expect(stopped.took).toBeLessThan(1500);
    expect(stopped.after).toBeLessThan(2);
    // The tracks are the caller's own.
    expect(stopped.open).toEqual({ contexts: 0, tracks: ["live"] });
    expect(stopped.text).toBe(sample.text);
  });
}

test("a stream of samples is pulled no faster than it is recognised", async ({ fwhisper }) => {
  const outcome = await fwhisper.evaluate(
    async ({ createTranscriber }, bytes) => {
      const transcriber = await createTranscriber();
      const pcm = new Int16Array(new Uint8Array(bytes).buffer, 44);
      const samples = new Float32Array(600 * 8000);
      for (const second of [1, 8])
        samples.set(
          [...pcm].map((value) => value / 32768),
          second * 8000,
        );
      const blockLength = 800;
      let pulled = 0;
      let cancelled = false;
      const blocks = new ReadableStream<Float32Array>(
        {
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 10)); // ten times as fast as spoken
            const from = pulled++ * blockLength;
            if (from >= samples.length) controller.close();
            else controller.enqueue(samples.slice(from, from + blockLength));
          },
          cancel() {
            cancelled = true;
          },
        },
        { highWaterMark: 0 },
      );
      let text = "";
      for await (const event of transcriber.stream(blocks)) {
        if (event.status === "final") text += event.segment.text;
        if (text.length === 7) break;
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      const pulledThen = pulled;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return {
        text,
        cancelled,
        isStill: pulled === pulledThen,
        seconds: (pulled * blockLength) / 8000,
      };
    },
    [...sample.bytes()],
  );
  expect(outcome).toMatchObject({ text: sample.text, cancelled: true, isStill: true });
  expect(outcome.seconds).toBeLessThan(60);
});

test("the page shows captions while it records: final text, and greyed what may change", async ({
  page,
}) => {
  await page.goto("./");
  const text = page.locator("speech-transcriber #text");
  await page.getByRole("button", { name: "Record" }).click();
  await expect(text.locator(".partial")).toHaveText(/^\d+$/);
  await expect(text).toHaveText(new RegExp(`^${sample.text.slice(0, 3)}`));
  await expect(page.locator("speech-transcriber #status")).toContainText("Recording");
  await expect(text).toHaveText(both, { timeout: 25_000 });
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator("speech-transcriber #activity")).toBeHidden();
  await expect(text).toHaveText(both);
  await expect(text.locator(".partial")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Record" })).toBeEnabled();
});

test("a cancelled recording keeps its final text, and the microphone is let go", async ({
  page,
}) => {
  await page.goto("./");
  const text = page.locator("speech-transcriber #text");
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
  await expect(text).toHaveText(new RegExp(`^${sample.text}`), { timeout: 15_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.locator("speech-transcriber #activity")).toBeHidden();
  await expect(text).toHaveText(sample.text);
  const states = await page.evaluate(() => {
    const { microphone } = globalThis as unknown as { microphone: MediaStream };
    return microphone.getTracks().map(({ readyState }) => readyState);
  });
  expect(states).toEqual(["ended"]);
});
