import { readFile } from "node:fs/promises";
import {
  chooseFile,
  expect,
  openDigitsPage,
  part,
  sample,
  sampleAt,
  test,
} from "./fixtures/test.ts";
import { WordsModel } from "./fixtures/words-model.ts";

// Ten minutes of audio, be the machine fast or slow.
test.describe.configure({ timeout: 120_000 });

/** More than twice what the model hears at a time. */
const recording = sampleAt([2, 12, 25, 33], 40);
const whole = sample.text.repeat(4);

/** Ten minutes, for which the page needs a moment. */
function tenMinutes(): Buffer {
  return sampleAt(
    Array.from({ length: 75 }, (_, i) => 8 * i + 1),
    600,
  );
}

test("a recording longer than the model's window is transcribed", async ({ page, server }) => {
  await openDigitsPage(page, server);
  await chooseFile(page, recording);
  await expect(part(page, "text")).toHaveText(whole);
  await expect(part(page, "timing")).toContainText("40.0 s of audio");
});

test("text and seconds come while a long recording is transcribed; cancel keeps what is there", async ({
  page,
  server,
}) => {
  await openDigitsPage(page, server);
  await chooseFile(page, tenMinutes());
  const status = part(page, "status");
  await expect(status).toHaveText(/^Transcribing: [1-9]\d* s of 600 s$/, { timeout: 40_000 });
  await expect(part(page, "text")).toHaveText(new RegExp(`^${sample.text}`));
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(part(page, "activity")).toBeHidden();
  const kept = await part(page, "text").textContent();
  expect(kept).toMatch(new RegExp(`^(${sample.text})+$`));
  expect(kept!.length).toBeLessThan(75 * sample.text.length);
  // And nothing more comes.
  await page.waitForTimeout(500);
  await expect(part(page, "text")).toHaveText(kept!);
  await chooseFile(page, recording);
  await expect(part(page, "text")).toHaveText(whole);
});

for (const [label, ending, lines] of [
  ["Download as text", "txt", [sample.text]],
  ["Download as SRT captions", "srt", ["1", expect.stringMatching(/^00:00:0[12],\d+ --> /)]],
  ["Download as WebVTT captions", "vtt", ["WEBVTT", ""]],
] as const) {
  test(`the text is downloaded as ${ending}`, async ({ page, server }) => {
    await openDigitsPage(page, server);
    await chooseFile(page, recording);
    await expect(part(page, "text")).toHaveText(whole);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: label }).click();
    expect((await download).suggestedFilename()).toBe(`transcript.${ending}`);
    const content = await readFile(await (await download).path(), "utf8");
    expect(content.split("\n").slice(0, lines.length)).toEqual(lines);
    expect(content.split(sample.text)).toHaveLength(5);
  });
}

test("a recording as a stream: final segments, silence, and the transcript", async ({
  fwhisper,
}) => {
  const told = await fwhisper.evaluate(
    async ({ createTranscriber, digits }, bytes) => {
      const transcriber = await createTranscriber(digits);
      const kinds: string[] = [];
      const texts: string[] = [];
      const seconds: number[] = [];
      const onProgress = ({ doneSeconds }: { doneSeconds: number }) => seconds.push(doneSeconds);
      let transcript = "";
      for await (const event of transcriber.stream(new Uint8Array(bytes), { onProgress })) {
        if (event.status !== "partial") kinds.push(event.status);
        if (event.status === "final") texts.push(event.segment.text);
        if (event.status === "done") transcript = event.transcript!.text;
      }
      return { kinds, texts, transcript, seconds };
    },
    [...recording],
  );
  expect(told.texts.join("")).toBe(whole);
  expect(told.transcript).toBe(whole);
  expect(told.kinds.at(-1)).toBe("done");
  expect(told.kinds).toContain("silence");
  expect(told.seconds).toEqual(told.seconds.toSorted((a, b) => a - b));
  expect(new Set(told.seconds).size).toBeGreaterThan(3);
});

test("breaking out of a recording's stream frees the engine; an abort rejects with its reason", async ({
  fwhisper,
}) => {
  const outcome = await fwhisper.evaluate(
    async ({ createTranscriber, digits }, bytes) => {
      const transcriber = await createTranscriber(digits);
      const short = new Uint8Array(bytes);
      const spoken = Float32Array.from(new Int16Array(short.buffer, 44), (value) => value / 32768);
      const audio = new Float32Array(600 * 8000);
      for (let second = 1; second < 590; second += 8) audio.set(spoken, second * 8000);
      const begun = performance.now();
      await transcriber.transcribe(short);
      const alone = performance.now() - begun;
      for await (const { status } of transcriber.stream(audio)) if (status === "final") break;
      const brokenAt = performance.now();
      const { text } = await transcriber.transcribe(short);
      const waited = performance.now() - brokenAt;

      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const { signal } = controller;
      let finals = 0;
      let abortedAt = 0;
      const isReason = await (async () => {
        for await (const { status } of transcriber.stream(audio, { signal })) {
          if (status !== "final" || ++finals > 1) continue;
          abortedAt = performance.now();
          controller.abort(reason);
        }
      })().catch((error) => error === reason);
      const took = performance.now() - abortedAt;
      return { text, waited: waited / alone, isReason, took: took / alone, finals };
    },
    [...sample.bytes()],
  );
  expect(outcome).toMatchObject({ text: sample.text, isReason: true });
  // In the time that the sample takes alone; all of the audio takes a hundred times as long.
  expect(outcome.waited).toBeLessThan(20);
  expect(outcome.took).toBeLessThan(20);
  expect(outcome.finals).toBeLessThan(4);
});

test("a call waits for a stream before it, and a stream for a call", async ({ fwhisper }) => {
  const order = await fwhisper.evaluate(
    async ({ createTranscriber, digits }, bytes) => {
      const transcriber = await createTranscriber(digits);
      const order: string[] = [];
      const stream = async (name: string) => {
        for await (const { status } of transcriber.stream(new Uint8Array(bytes))) {
          if (status === "done") order.push(name);
        }
      };
      const transcribe = async (name: string) => {
        await transcriber.transcribe(new Uint8Array(bytes));
        order.push(name);
      };
      const calls = [stream("first"), transcribe("second"), stream("third")];
      await Promise.all(calls);
      return order;
    },
    [...sample.bytes()],
  );
  expect(order).toEqual(["first", "second", "third"]);
});

/** Names of the digits, from zero on. */
const digitNames = {
  Hebrew: ["אפס", "אחת", "שתיים", "שלוש", "ארבע", "חמש", "שש", "שבע", "שמונה", "תשע"],
  Arabic: ["صفر", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة"],
  English: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
};

for (const [language, direction] of [
  ["Hebrew", "rtl"],
  ["Arabic", "rtl"],
  ["English", "ltr"],
] as const) {
  test(`${language} text is shown ${direction} as it comes`, async ({ page, server }) => {
    const names = digitNames[language];
    const model = await WordsModel.serve(names);
    try {
      await openDigitsPage(page, server);
      await page.getByRole("textbox", { name: "Hugging Face id or URL" }).fill(model.url);
      await page.getByRole("button", { name: "Load" }).click();
      await expect(part(page, "model-facts")).toContainText("Ready");
      const directions = await page.evaluateHandle(() => {
        const element = document.querySelector("speech-transcriber")!;
        const box = element.shadowRoot!.querySelector("#text")!;
        const directions: string[] = [];
        element.addEventListener("caption", ({ detail }) => {
          if (detail.status === "partial" || detail.status === "final")
            directions.push(getComputedStyle(box).direction);
        });
        return directions;
      });
      await chooseFile(page, recording);
      const said = [...whole].map((digit) => names[Number(digit)]).join(" ");
      await expect(part(page, "text")).toHaveText(said);
      expect([...new Set(await directions.jsonValue())]).toEqual([direction]);
      // Where the first word stands, seen from the middle of the box.
      const isLeft = await part(page, "text").evaluate((box, length) => {
        const first = document.createRange();
        first.setStart(box.firstChild!, 0);
        first.setEnd(box.firstChild!, length);
        const [word, all] = [first.getBoundingClientRect(), box.getBoundingClientRect()];
        return word.right < (all.left + all.right) / 2;
      }, names[4]!.length);
      expect(isLeft).toBe(direction === "ltr");
    } finally {
      await model.stop();
    }
  });
}
