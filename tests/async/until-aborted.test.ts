import { describe, expect, it } from "vitest";
import { untilAborted } from "../../src/async/until-aborted.ts";

describe("untilAborted", () => {
  it.each([new AbortController().signal, undefined])(
    "gives the promise's outcome, with signal %s",
    async (signal) => {
      expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
      await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    },
  );

  it("rejects with the reason as soon as the signal aborts, or if it has", async () => {
    const controller = new AbortController();
    const waiting = untilAborted(new Promise(() => {}), controller.signal);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    await expect(untilAborted(Promise.resolve(1), controller.signal)).rejects.toBe("enough");
    // What nobody waits for any more is no unhandled rejection.
    const failing = Promise.reject(new Error("no"));
    await expect(untilAborted(failing, controller.signal)).rejects.toBe("enough");
  });
});
