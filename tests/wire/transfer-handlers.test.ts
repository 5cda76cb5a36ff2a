import { type Endpoint, expose, wrap } from "comlink";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { AudioError } from "../../src/errors.ts";
import { installTransferHandlers } from "../../src/wire/transfer-handlers.ts";

beforeAll(installTransferHandlers);

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** What the other side is called with, and what it has noticed. */
const seen = { released: 0, aborted: undefined as unknown };

const service = {
  /** Twice each block's length, until `signal` aborts. */
  async *double(blocks: AsyncIterable<Float32Array>, signal: AbortSignal) {
    signal.addEventListener("abort", () => {
      seen.aborted = signal.reason;
    });
    try {
      for await (const block of blocks) {
        signal.throwIfAborted();
        yield [{ length: 2 * block.length }];
      }
    } finally {
      seen.released++;
    }
  },
  async refuse(): Promise<string> {
    throw new AudioError("Expected sound, found none.", { found: 0 });
  },
};

function connect() {
  seen.released = 0;
  seen.aborted = undefined;
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  expose(service, port1 as unknown as Endpoint);
  return wrap<typeof service>(port2 as unknown as Endpoint);
}

/** The blocks' doubles, from the other side. */
function double(blocks: AsyncIterable<Float32Array>, signal = new AbortController().signal) {
  return connect().double(blocks, signal);
}

function source(lengths: readonly number[]) {
  const state = { given: 0, released: 0 };
  async function* blocks() {
    try {
      for (const length of lengths) {
        state.given++;
        yield new Float32Array(length);
      }
    } finally {
      state.released++;
    }
  }
  return { state, blocks: blocks() };
}

describe("async iterables as an argument and as a result", () => {
  it("are pulled through both ways, value by value", async () => {
    const { state, blocks } = source([1, 2, 3]);
    const doubled = await double(blocks);
    const lengths: number[] = [];
    for await (const [item] of doubled) {
      lengths.push(item!.length);
      expect(state.given).toBe(lengths.length);
    }
    expect(lengths).toEqual([2, 4, 6]);
    expect(state.released).toBe(1);
    expect(seen.released).toBe(1);
  });

  it("let go of everything when their consumer breaks out", async () => {
    const { state, blocks } = source([1, 2, 3]);
    const doubled = await double(blocks);
    for await (const [item] of doubled) if (item!.length === 2) break;
    await expect.poll(() => [seen.released, state.released]).toEqual([1, 1]);
    expect(state.given).toBe(1);
  });

  it("carry typed errors of the source to the other side and back", async () => {
    async function* broken() {
      yield new Float32Array(1);
      throw new AudioError("The device is gone.", { device: "microphone" });
    }
    const doubled = await double(broken());
    await doubled.next();
    const error = await doubled.next().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AudioError);
    expect(error).toMatchObject({
      message: "The device is gone.",
      details: { device: "microphone" },
    });
  });

  it("carry what is thrown that is no error, as far as it can be cloned", async () => {
    // biome-ignore lint/correctness/useYield: it comes to no value.
    async function* broken(): AsyncGenerator<Float32Array> {
      throw { code: 7 };
    }
    const doubled = await double(broken());
    await expect(doubled.next()).rejects.toEqual({ code: 7 });
  });

  it("carry the words of what cannot be cloned, as an error and not as an abort", async () => {
    async function* broken(): AsyncGenerator<Float32Array> {
      throw () => "unplugged";
    }
    const doubled = await double(broken());
    const error = await doubled.next().catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "Error", message: '() => "unplugged"' });
  });

  it("stop with a signal beside them", async () => {
    const controller = new AbortController();
    const { state, blocks } = source([1, 2, 3]);
    const doubled = await double(blocks, controller.signal);
    await doubled.next();
    controller.abort("enough");
    await expect.poll(() => seen.aborted).toBe("enough");
    await expect(doubled.next()).rejects.toBe("enough");
    await expect.poll(() => [seen.released, state.released]).toEqual([1, 1]);
  });
});

it("typed errors of plain calls keep their class and details", async () => {
  const error = await connect()
    .refuse()
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(AudioError);
  expect(error).toMatchObject({ message: "Expected sound, found none.", details: { found: 0 } });
});
