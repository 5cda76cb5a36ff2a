import { describe, expect, it } from "vitest";
import { eitherSignal, untilAborted } from "../../src/async/abort.ts";

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

describe("eitherSignal", () => {
  it("aborts as the first of the two, with its reason", () => {
    const [user, stop] = [new AbortController(), new AbortController()];
    const either = eitherSignal(user.signal, stop.signal);
    user.abort("user");
    stop.abort("stop");
    expect(either.signal.reason).toBe("user");
    expect(eitherSignal(undefined, AbortSignal.abort("before")).signal.reason).toBe("before");
  });

  it("aborts at its end, and listens no longer", () => {
    const user = new AbortController();
    const either = eitherSignal(user.signal, new AbortController().signal);
    either.end();
    expect(either.signal.reason).toMatchObject({ name: "AbortError" });
    user.abort("later");
    expect(either.signal.reason).toMatchObject({ name: "AbortError" });
  });
});
