import { afterEach, describe, expect, it, vi } from "vitest";
import { giveValues, takeValues } from "../../src/wire/iterable-port.ts";

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

const codec = {
  encode: (thrown: unknown) => String(thrown),
  decode: (fault: string) => new Error(`there: ${fault}`),
};

/** The iterable as the other side of a port sees it. */
function carried<Value>(iterable: AsyncIterable<Value>) {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const closed = vi.spyOn(port1, "close");
  giveValues(iterable, port1, codec);
  return { taken: takeValues<Value, string>(port2, codec), closed };
}

/** Counts up to `last`, and tells how far it has come. */
function counter(last = 1e9) {
  const state = { made: 0, isReleased: false };
  async function* count() {
    try {
      while (state.made < last) yield ++state.made;
    } finally {
      state.isReleased = true;
    }
  }
  return { state, numbers: count() };
}

describe("an async iterable across a port", () => {
  it("gives its values in their order, and ends", async () => {
    const { numbers } = counter(3);
    const { taken, closed } = carried(numbers);
    const values: number[] = [];
    for await (const value of taken) values.push(value);
    expect(values).toEqual([1, 2, 3]);
    expect(closed).toHaveBeenCalled();
    expect(await taken.next()).toEqual({ done: true, value: undefined });
  });

  it("is pulled: no value is made before it is asked for", async () => {
    const { state, numbers } = counter();
    const { taken } = carried(numbers);
    await settle();
    expect(state.made).toBe(0);
    await taken.next();
    await settle();
    expect(state.made).toBe(1);
    await taken.return?.();
  });

  it("is released when its consumer breaks out", async () => {
    const { state, numbers } = counter();
    const { taken, closed } = carried(numbers);
    for await (const value of taken) if (value === 2) break;
    await settle();
    expect(state).toEqual({ made: 2, isReleased: true });
    expect(closed).toHaveBeenCalled();
  });

  it("ends a wait for a value at return(), without waiting for the other side", async () => {
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const { taken, closed } = carried(never);
    const waiting = taken.next();
    await taken.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await settle();
    expect(closed).toHaveBeenCalled();
  });

  it("closes its port when it is returned before it was used", async () => {
    const { state, numbers } = counter();
    const { taken, closed } = carried(numbers);
    await taken.return?.();
    await taken.return?.();
    await settle();
    expect(state.made).toBe(0);
    expect(closed).toHaveBeenCalledOnce();
  });

  it("hands on what is thrown, after the values before it", async () => {
    async function* failing() {
      yield 1;
      throw new TypeError("broken");
    }
    const { taken, closed } = carried(failing());
    expect(await taken.next()).toEqual({ done: false, value: 1 });
    await expect(taken.next()).rejects.toThrow("there: TypeError: broken");
    expect(await taken.next()).toEqual({ done: true, value: undefined });
    expect(closed).toHaveBeenCalled();
  });

  it("releases the iterable when a value cannot be cloned", async () => {
    let isReleased = false;
    async function* functions() {
      try {
        while (true) yield () => {};
      } finally {
        isReleased = true;
      }
    }
    const { taken } = carried(functions());
    await expect(taken.next()).rejects.toThrow(/could not be cloned/);
    expect(isReleased).toBe(true);
  });
});

/** Time for messages on their way, and for what they set off. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
