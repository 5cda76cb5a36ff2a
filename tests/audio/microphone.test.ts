import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openMicrophone } from "../../src/audio/microphone.ts";
import { AudioError } from "../../src/errors.ts";
import { fakeDevice, settled } from "./fake-device.ts";

let device: ReturnType<typeof fakeDevice>;
let controller: AbortController;
const onBlock = vi.fn();
const onEnd = vi.fn();
beforeEach(() => {
  device = fakeDevice();
  controller = new AbortController();
  onBlock.mockReset();
  onEnd.mockReset();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const open = () => openMicrophone(device.sampleRate, { onBlock, onEnd }, controller.signal);

/** An open microphone whose sound is waited for. */
async function listen() {
  const microphone = await open();
  const samples: number[] = [];
  const finished = (async () => {
    for await (const block of microphone.blocks) samples.push(...block);
    return samples;
  })();
  finished.catch(() => {});
  await settled();
  return { ...microphone, finished };
}

function expectReleased(): void {
  expect(device.stream.track.stop).toHaveBeenCalled();
  expect(device.closed).toBe(1);
  expect(onEnd).toHaveBeenCalledOnce();
}

describe("a microphone", () => {
  test("gives all that was said until stop, and is released", async () => {
    const { finished, stop } = await listen();
    device.say(1, 0.5);
    device.say(-0.25);
    expect(device.stream.track.stop).not.toHaveBeenCalled();
    stop();
    expect(await finished).toEqual([1, 0.5, -0.25]);
    expectReleased();
  });

  test("ends when the device goes away", async () => {
    const { finished } = await listen();
    device.say(1);
    device.stream.track.end();
    expect(await finished).toEqual([1]);
    expectReleased();
  });

  test("tells the level of each block, and how long it has listened", async () => {
    const { finished, stop } = await listen();
    device.say(1, -1);
    device.say(0.5, 0.5, -0.5, -0.5);
    device.say(0);
    stop();
    await finished;
    expect(onBlock.mock.calls).toEqual([
      [1, 0.002],
      [0.5, 0.006],
      [0, 0.007],
    ]);
  });
});

describe("abort", () => {
  const reason = new Error("left the page");

  test("while it listens: rejects with the reason, releases", async () => {
    const { finished } = await listen();
    device.say(1);
    controller.abort(reason);
    expect(device.stream.track.stop).toHaveBeenCalled();
    await expect(finished).rejects.toBe(reason);
    expectReleased();
  });

  test("before: the microphone is never asked for", async () => {
    vi.stubGlobal("navigator", {});
    controller.abort(reason);
    await expect(open()).rejects.toBe(reason);
  });

  test("while it is being opened: releases what was opened", async () => {
    const opening = open();
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(device.stream.track.stop).toHaveBeenCalled();
  });
});

describe("refusals", () => {
  test("a page without HTTPS", async () => {
    vi.stubGlobal("navigator", {});
    await expect(open()).rejects.toThrow(AudioError);
    await expect(open()).rejects.toThrow(/HTTPS or on localhost/);
  });

  test.each([
    ["NotAllowedError", /Permission .* refused/],
    ["NotFoundError", /No microphone was found/],
    ["NotReadableError", /in use by another program/],
    ["OverconstrainedError", /could not be opened \(OverconstrainedError\)/],
  ])("%s", async (name, message) => {
    const getUserMedia = async () => {
      throw new DOMException("no", name);
    };
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    const error = await open().catch((e) => e);
    expect(error).toBeInstanceOf(AudioError);
    expect(error.message).toMatch(message);
    expect(error.details).toEqual({ reason: name });
  });

  test("a worklet that does not load releases the microphone", async () => {
    device.moduleFails = true;
    const { finished } = await listen();
    await expect(finished).rejects.toThrow(/audio engine/);
    expectReleased();
  });
});
