import { expect, sample, silence, test } from "./fixtures/test.ts";

const audio = [...sample.bytes()];

test("aborting a load rejects with the signal's reason", async ({ fwhisper, server }) => {
  server.bytesPerSecond = 200_000; // the weights would take nine seconds
  const outcome = await fwhisper.evaluate(async ({ createTranscriber }, url) => {
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    let weights = 0;
    const loading = createTranscriber(url, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.status !== "download" || event.file !== "model.safetensors") return;
        weights = event.loadedBytes;
        controller.abort(reason);
      },
    });
    return loading.then(
      () => "loaded",
      (error) => ({ sameReason: error === reason, weights }),
    );
  }, server.url("models/digits/"));
  expect(outcome).toEqual({ sameReason: true, weights: expect.any(Number) });
  expect((outcome as { weights: number }).weights).toBeLessThan(1_000_000);
});

test("a signal that is aborted already loads nothing", async ({ page, fwhisper }) => {
  const name = await fwhisper.evaluate(({ createTranscriber, digits }) =>
    createTranscriber(digits, { signal: AbortSignal.abort() }).catch(({ name }) => name),
  );
  expect(name).toBe("AbortError");
  expect(page.workers()).toHaveLength(0);
});

for (const status of ["features", "encode", "decode"]) {
  test(`aborting in "${status}" rejects with the reason; the transcriber works on`, async ({
    fwhisper,
  }) => {
    const outcome = await fwhisper.evaluate(
      async ({ createTranscriber, digits }, { bytes, status }) => {
        const transcriber = await createTranscriber(digits);
        const controller = new AbortController();
        const reason = new Error("changed my mind");
        const first = transcriber.transcribe(new Uint8Array(bytes), {
          signal: controller.signal,
          onProgress: (event) => {
            if (event.status === status) controller.abort(reason);
          },
        });
        const sameReason = await first.then(
          () => false,
          (error) => error === reason,
        );
        const { text } = await transcriber.transcribe(new Uint8Array(bytes));
        return { sameReason, text };
      },
      { bytes: audio, status },
    );
    expect(outcome).toEqual({ sameReason: true, text: sample.text });
  });
}

test("calls made at once wait their turn and both finish", async ({ fwhisper }) => {
  const texts = await fwhisper.evaluate(
    async ({ createTranscriber, digits }, { bytes, quiet }) => {
      const transcriber = await createTranscriber(digits);
      const transcripts = await Promise.all([
        transcriber.transcribe(new Uint8Array(bytes)),
        transcriber.transcribe(new Uint8Array(quiet)),
        transcriber.transcribe(new Uint8Array(bytes)),
      ]);
      return transcripts.map(({ text }) => text);
    },
    { bytes: audio, quiet: [...silence(1)] },
  );
  expect(texts).toEqual([sample.text, "", sample.text]);
});

test("progress never falls and ends at 1 with the text", async ({ fwhisper }) => {
  const events = await fwhisper.evaluate(async ({ createTranscriber, digits }, bytes) => {
    const transcriber = await createTranscriber(digits);
    const events: { fraction: number; text: string }[] = [];
    await transcriber.transcribe(new Uint8Array(bytes), {
      onProgress: ({ fraction, text }) => events.push({ fraction, text }),
    });
    return events;
  }, audio);
  const fractions = events.map(({ fraction }) => fraction);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(events.at(-1)).toEqual({ fraction: 1, text: sample.text });
});

test("dispose rejects calls under way and all later ones", async ({ page, fwhisper }) => {
  const outcome = await fwhisper.evaluate(
    async ({ createTranscriber, EngineError, digits }, bytes) => {
      const transcriber = await createTranscriber(digits);
      const isEngineError = (error: unknown) => error instanceof EngineError;
      const pending = transcriber
        .transcribe(new Uint8Array(bytes), { onProgress: () => transcriber.dispose() })
        .catch(isEngineError);
      const inTime = await pending;
      const later = await transcriber.transcribe(new Uint8Array(bytes)).catch(isEngineError);
      transcriber.dispose(); // twice does no harm
      return { inTime, later };
    },
    audio,
  );
  expect(outcome).toEqual({ inTime: true, later: true });
  await expect
    .poll(() => page.workers().filter((worker) => worker.url().includes("engine.worker")).length)
    .toBe(0);
});

test("a callback that throws is the page's error and ends no recognition", async ({
  page,
  fwhisper,
}) => {
  const told: string[] = [];
  page.on("pageerror", ({ message }) => told.push(message));
  const texts = await fwhisper.evaluate(async ({ createTranscriber, digits }, bytes) => {
    const transcriber = await createTranscriber(digits);
    const onProgress = () => {
      throw new Error("not the library's");
    };
    const texts = [(await transcriber.transcribe(new Uint8Array(bytes), { onProgress })).text];
    for await (const event of transcriber.stream(new Uint8Array(bytes), { onProgress })) {
      if (event.status === "done") texts.push(event.transcript!.text);
    }
    return texts;
  }, audio);
  expect(texts).toEqual([sample.text, sample.text]);
  expect(told.length).toBeGreaterThan(1);
  expect(new Set(told)).toEqual(new Set(["not the library's"]));
});

test("the caller's own samples stay the caller's", async ({ fwhisper }) => {
  const length = await fwhisper.evaluate(async ({ createTranscriber, digits }) => {
    const transcriber = await createTranscriber(digits);
    const samples = new Float32Array(8000);
    await transcriber.transcribe(samples);
    return samples.length;
  });
  expect(length).toBe(8000);
});

test("typed errors cross the worker with their details", async ({ fwhisper, server }) => {
  const refusals = await fwhisper.evaluate(
    async (fwhisper, { missing }) => {
      const { createTranscriber, digits, AudioError, DownloadError, ModelError, OptionError } =
        fwhisper;
      const kinds = { AudioError, DownloadError, ModelError, OptionError };
      const refusal = (promise: Promise<unknown>) =>
        promise.then(
          () => null,
          (error) => ({
            name: error.name,
            kinds: Object.entries(kinds).flatMap(([name, kind]) =>
              error instanceof kind ? [name] : [],
            ),
            details: error.details,
          }),
        );
      const transcriber = await createTranscriber(digits);
      return {
        missing: await refusal(createTranscriber(missing)),
        unreachable: await refusal(createTranscriber("http://127.0.0.1:9/model/")),
        nonsense: await refusal(createTranscriber("no such model")),
        empty: await refusal(transcriber.transcribe(new Float32Array())),
        timestamps: await refusal(
          transcriber.transcribe(new Float32Array(8000), { timestamps: "segment" }),
        ),
        unknown: await refusal(
          transcriber.transcribe(new Float32Array(8000), { beams: 5 } as object),
        ),
      };
    },
    { missing: server.url("no/model/") },
  );
  const kind = (name: string) => ({ name, kinds: [name] });
  expect(refusals).toMatchObject({
    missing: { ...kind("ModelError"), details: { file: "config.json" } },
    unreachable: {
      ...kind("DownloadError"),
      details: { url: "http://127.0.0.1:9/model/config.json" },
    },
    nonsense: kind("OptionError"),
    empty: kind("AudioError"),
    timestamps: kind("OptionError"),
    unknown: kind("OptionError"),
  });
});
