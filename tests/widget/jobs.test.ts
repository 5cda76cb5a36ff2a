import { describe, expect, it, vi } from "vitest";
import { AudioError, EngineError } from "../../src/errors.ts";
import type { StreamEvent } from "../../src/results.ts";
import type { Transcriber } from "../../src/transcriber.ts";
import { Jobs } from "../../src/widget/jobs.ts";
import { model, segment, transcript } from "./examples.ts";

const done: StreamEvent = { status: "done", language: null, duration: 4.5, transcript };

/** Jobs on models that give what `listen` does. */
function setUp(listen: () => AsyncGenerator<StreamEvent, undefined, undefined>) {
  const disposed = vi.fn();
  const load = vi.fn(async (): Promise<Transcriber> => {
    return { model, transcribe: vi.fn(), stream: listen, dispose: disposed };
  });
  const emitted: string[] = [];
  const jobs = new Jobs(load, { show() {}, emit: (type) => void emitted.push(type) });
  const transcribe = () => jobs.transcribe("embedded", new Float32Array(1), {});
  return { jobs, load, disposed, emitted, transcribe };
}

describe("a job", () => {
  it("goes from the model to the transcript, event by event", async () => {
    const { jobs, load, emitted, transcribe } = setUp(async function* () {
      yield { status: "final", segment: segment("123") };
      yield done;
      return undefined;
    });
    expect(await transcribe()).toBe(transcript);
    await transcribe();
    expect(load).toHaveBeenCalledOnce();
    expect(emitted.slice(0, 3)).toEqual(["caption", "caption", "transcript"]);
    expect(jobs.state).toMatchObject({ activity: { phase: "idle" }, model, transcript });
  });

  it.each([
    ["replaces an engine that failed", new EngineError("The kernels failed."), 1, 2],
    ["keeps the engine when something else did", new AudioError("No sound."), 0, 1],
  ])("%s", async (_, error, disposals, loads) => {
    // biome-ignore lint/correctness/useYield: it comes to no event.
    const { jobs, load, disposed, emitted, transcribe } = setUp(async function* () {
      throw error;
    });
    await expect(transcribe()).rejects.toBe(error);
    await Promise.resolve();
    expect(disposed).toHaveBeenCalledTimes(disposals);
    expect(jobs.state.failure?.message).toBe(error.message);
    expect(emitted).toEqual(["failure"]);
    await expect(transcribe()).rejects.toBe(error);
    expect(load).toHaveBeenCalledTimes(loads);
  });

  it("is cancelled by the next one, of which alone is told", async () => {
    let [begun, finish] = [0, () => {}];
    const { jobs, emitted, transcribe } = setUp(async function* () {
      if (++begun === 1) {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
      yield done;
      return undefined;
    });
    const first = transcribe().catch((error: unknown) => error);
    await vi.waitFor(() => expect(begun).toBe(1));
    expect(jobs.isWorking).toBe(true);
    expect(await transcribe()).toBe(transcript);
    expect(emitted).toEqual(["caption", "transcript"]);
    finish();
    expect(await first).not.toBe(transcript);
    expect(emitted).toEqual(["caption", "transcript"]);
    expect(jobs.isWorking).toBe(false);
  });
});
