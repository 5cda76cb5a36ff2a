import { describe, expect, it } from "vitest";
import { inTurn, Turns } from "../../src/async/turns.ts";

const { signal } = new AbortController();

/** Takes turns and writes down who has had one. */
function setUp() {
  const turns = new Turns();
  const begun: string[] = [];
  const take = async (name: string, by: AbortSignal = signal) => {
    const end = await turns.take(by);
    begun.push(name);
    return end;
  };
  return { begun, take };
}

describe("Turns", () => {
  it("come in the order in which they were asked for, one at a time", async () => {
    const { begun, take } = setUp();
    const [first, second, third] = [take("first"), take("second"), take("third")];
    const endFirst = await first;
    await settle();
    expect(begun).toEqual(["first"]);
    endFirst();
    (await second)();
    await third;
    expect(begun).toEqual(["first", "second", "third"]);
  });

  it("are given up by a signal, at once; those who come later still wait for those before", async () => {
    const { begun, take } = setUp();
    const controller = new AbortController();
    const endFirst = await take("first");
    const given = take("given up", controller.signal);
    const later = take("later");
    controller.abort("changed my mind");
    await expect(given).rejects.toBe("changed my mind");
    await settle();
    expect(begun).toEqual(["first"]);
    endFirst();
    await later;
    expect(begun).toEqual(["first", "later"]);
  });

  it("are not given to whoever has aborted already", async () => {
    const { begun, take } = setUp();
    await expect(take("late", AbortSignal.abort("too late"))).rejects.toBe("too late");
    await take("next");
    expect(begun).toEqual(["next"]);
  });
});

describe("items in a turn", () => {
  async function* two() {
    yield 1;
    yield 2;
    return undefined;
  }

  it("wait for those before and end the turn with the last of them", async () => {
    const { begun, take } = setUp();
    const endFirst = await take("first");
    const items = inTurn(take("items"), two());
    const third = take("third");
    const one = items.next();
    await settle();
    expect(begun).toEqual(["first"]);
    endFirst();
    expect([await one, await items.next()].map(({ value }) => value)).toEqual([1, 2]);
    await settle();
    expect(begun).toEqual(["first", "items"]);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await third;
  });

  it("end the turn at return(), asked for before or not", async () => {
    const { take } = setUp();
    const unused = inTurn(take("unused"), two());
    await unused.return?.();
    const used = inTurn(take("used"), two());
    await used.next();
    await used.return?.();
    await take("next");
  });

  it("keep the turn at return() until the step they are at is over", async () => {
    const { begun, take } = setUp();
    let finish = () => {};
    const items = inTurn(
      take("items"),
      (async function* () {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        yield 1;
        return undefined;
      })(),
    );
    const one = items.next();
    const next = take("next");
    await settle();
    void items.return?.();
    await settle();
    expect(begun).toEqual(["items"]);
    finish();
    await one;
    await next;
  });

  it("end the turn with what they throw, and reject with what takes the turn away", async () => {
    const { take } = setUp();
    // biome-ignore lint/correctness/useYield: it comes to no item.
    const broken = (async function* (): AsyncGenerator<number, undefined, undefined> {
      throw new Error("broken");
    })();
    await expect(inTurn(take("broken"), broken).next()).rejects.toThrow("broken");
    const late = inTurn(take("late", AbortSignal.abort("too late")), two());
    await expect(late.next()).rejects.toBe("too late");
    await late.return?.();
    await take("next");
  });
});

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
