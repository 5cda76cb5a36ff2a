import { expect, sample, test } from "./fixtures/test.ts";

/** The sample as floats, which travel to the page as numbers. */
const spoken = [...new Int16Array(new Uint8Array(sample.bytes()).buffer, 44)].map(
  (value) => value / 32768,
);

test("a stream of samples is pulled no faster than it is recognised", async ({ fwhisper }) => {
  const outcome = await fwhisper.evaluate(async ({ createTranscriber, digits }, spoken) => {
    const transcriber = await createTranscriber(digits);
    const samples = new Float32Array(600 * 8000);
    for (const second of [1, 8]) samples.set(spoken, second * 8000);
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
  }, spoken);
  expect(outcome).toMatchObject({ text: sample.text, cancelled: true, isStill: true });
  expect(outcome.seconds).toBeLessThan(60);
});

test("of two live streams the second waits for the first, and hears then", async ({ fwhisper }) => {
  const told = await fwhisper.evaluate(async ({ createTranscriber, digits }, spoken) => {
    const transcriber = await createTranscriber(digits);
    const number = Float32Array.from(spoken);
    const told: string[] = [];
    const listen = async (name: string) => {
      async function* blocks() {
        told.push(`${name} begins`);
        yield* [new Float32Array(8000), number, new Float32Array(8000)];
      }
      let text = "";
      for await (const event of transcriber.stream(blocks())) {
        if (event.status === "final") text += event.segment.text;
      }
      told.push(`${name}: ${text}`);
    };
    await Promise.all([listen("first"), listen("second")]);
    return told;
  }, spoken);
  const { text } = sample;
  expect(told).toEqual(["first begins", `first: ${text}`, "second begins", `second: ${text}`]);
});

test("a live source that fails rejects with its error, after the text of what it gave", async ({
  fwhisper,
}) => {
  const outcome = await fwhisper.evaluate(async ({ createTranscriber, digits }, spoken) => {
    const transcriber = await createTranscriber(digits);
    const number = Float32Array.from(spoken);
    const listen = async (last: () => Float32Array, options = {}) => {
      async function* blocks() {
        yield* [new Float32Array(8000), number, new Float32Array(8000)];
        yield last();
      }
      let text = "";
      try {
        for await (const event of transcriber.stream(blocks(), options)) {
          if (event.status === "final") text += event.segment.text;
        }
        return { text };
      } catch (error) {
        const { name, message } = error as Error;
        return { text, name, message };
      }
    };
    return [
      await listen(() => {
        throw new Error("unplugged");
      }),
      await listen(() => Float32Array.of(0, Number.NaN)),
      await listen(() => new Float32Array(1), { sampleRate: 8000.5 }),
      await listen(() => new Float32Array(1)),
    ];
  }, spoken);
  const { text } = sample;
  expect(outcome).toEqual([
    { text, name: "Error", message: "unplugged" },
    { text, name: "AudioError", message: expect.stringContaining("Sample 1 of the audio is NaN") },
    { text: "", name: "AudioError", message: expect.stringContaining("found 8000.5") },
    { text },
  ]);
});

test("a machine that is too slow for the interval says so, once, and leaves out no audio", async ({
  fwhisper,
}) => {
  const told = await fwhisper.evaluate(async ({ createTranscriber, digits }, spoken) => {
    const transcriber = await createTranscriber(digits);
    const number = Float32Array.from(spoken);
    async function* blocks() {
      for (let i = 0; i < 3; i++) yield* [new Float32Array(8000), number];
    }
    const warnings: string[] = [];
    let text = "";
    // Nothing is recognised in a microsecond.
    for await (const event of transcriber.stream(blocks(), { interval: 1e-6 })) {
      if (event.status === "final") text += event.segment.text;
      if (event.status === "warning") warnings.push(event.message);
    }
    return { text, warnings };
  }, spoken);
  expect(told).toEqual({
    text: sample.text.repeat(3),
    warnings: [expect.stringContaining("This machine cannot keep up")],
  });
});
