import { describe, expect, it, vi } from "vitest";
import type { Transcriber } from "../../src/transcriber.ts";
import { ModelSlot } from "../../src/widget/model-slot.ts";

/** Loads that the test ends itself, in the order in which they began. */
function pendingLoads() {
  const loads: {
    model: string;
    signal: AbortSignal;
    finish: () => Transcriber;
    fail: (error: unknown) => void;
  }[] = [];
  const slot = new ModelSlot((model, { signal }) => {
    const { promise, resolve, reject } = withResolvers<Transcriber>();
    const finish = () => {
      const transcriber = { dispose: vi.fn() } as unknown as Transcriber;
      resolve(transcriber);
      return transcriber;
    };
    signal!.addEventListener("abort", () => reject(signal!.reason));
    loads.push({ model, signal: signal!, finish, fail: reject });
    return promise;
  });
  return { slot, loads };
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const ignore = () => {};

describe("ModelSlot", () => {
  it("loads a model once for all who want it", async () => {
    const { slot, loads } = pendingLoads();
    const [first, second] = [slot.get("a", ignore), slot.get("a", ignore)];
    const transcriber = loads[0]!.finish();
    expect(await first).toBe(transcriber);
    expect(await second).toBe(transcriber);
    expect(await slot.get("a", ignore)).toBe(transcriber);
    expect(loads).toHaveLength(1);
  });

  it("lets the old model go when another is wanted", async () => {
    const { slot, loads } = pendingLoads();
    const first = slot.get("a", ignore);
    const old = loads[0]!.finish();
    await first;
    slot.get("b", ignore).catch(ignore);
    await Promise.resolve();
    expect(old.dispose).toHaveBeenCalledOnce();
    expect(loads.map(({ model }) => model)).toEqual(["a", "b"]);
  });

  it("tries again after a load that failed", async () => {
    const { slot, loads } = pendingLoads();
    const first = slot.get("a", ignore);
    loads[0]!.fail(new Error("no network"));
    await expect(first).rejects.toThrow("no network");
    const second = slot.get("a", ignore);
    const transcriber = loads[1]!.finish();
    expect(await second).toBe(transcriber);
  });

  it("cancels a load that is under way, but keeps a loaded model", async () => {
    const { slot, loads } = pendingLoads();
    const cancelled = slot.get("a", ignore);
    slot.cancelLoading();
    await expect(cancelled).rejects.toMatchObject({ name: "AbortError" });
    expect(loads[0]!.signal.aborted).toBe(true);

    const loaded = slot.get("a", ignore);
    const transcriber = loads[1]!.finish();
    await loaded;
    slot.cancelLoading();
    expect(await slot.get("a", ignore)).toBe(transcriber);
    expect(transcriber.dispose).not.toHaveBeenCalled();
  });

  it("disposes a model that arrives after it was let go", async () => {
    const late = { dispose: vi.fn() } as unknown as Transcriber;
    const { promise, resolve } = withResolvers<Transcriber>();
    const slot = new ModelSlot(() => promise); // ignores its signal
    const loading = slot.get("a", ignore);
    slot.dispose();
    resolve(late);
    await loading;
    expect(late.dispose).toHaveBeenCalledOnce();
  });
});
