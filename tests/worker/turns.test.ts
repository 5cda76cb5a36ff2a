import { describe, expect, it } from "vitest";
import { Turns } from "../../worker/turns.ts";

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

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
