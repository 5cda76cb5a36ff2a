import { describe, expect, it } from "vitest";
import { stoppable } from "../../src/async/iterators.ts";

const never = <T>(stop: AbortSignal) =>
  new Promise<T>((_, reject) => {
    stop.addEventListener("abort", () => reject(stop.reason));
  });

describe("stoppable", () => {
  it("is the generator's items and its end", async () => {
    const items = stoppable(async function* () {
      yield 1;
      yield 2;
      return undefined;
    });
    const taken: number[] = [];
    for await (const item of items) taken.push(item);
    expect(taken).toEqual([1, 2]);
  });

  it("begins nothing before it is asked", async () => {
    let begun = false;
    const items = stoppable(async function* () {
      begun = true;
      yield 1;
      return undefined;
    });
    await items.return?.();
    expect(begun).toBe(false);
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("ends a wait at return(), and releases what the generator holds", async () => {
    let isReleased = false;
    const items = stoppable(async function* (stop) {
      try {
        yield await never<number>(stop);
      } finally {
        isReleased = true;
      }
      return undefined;
    });
    const waiting = items.next();
    await items.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(isReleased).toBe(true);
  });

  it("hands on what the generator throws", async () => {
    // biome-ignore lint/correctness/useYield: it comes to no item.
    const items = stoppable(async function* (): AsyncGenerator<never, undefined, undefined> {
      throw new Error("broken");
    });
    await expect(items.next()).rejects.toThrow("broken");
  });
});
