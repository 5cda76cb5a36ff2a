import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OptionError } from "../../src/errors.ts";
import { instantiateNodeKernels } from "../../tools/node/kernels.ts";
import { toFloat16Bits } from "../../tools/recast/float16.ts";
import { checkOutputFolder, replaceFolder } from "../../tools/recast/replace-folder.ts";
import { tensorBytes } from "../../tools/recast/rotated-matrix.ts";
import { safetensorsPieces } from "../../tools/recast/safetensors-pieces.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fwhisper-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("toFloat16Bits", () => {
  /** Every finite float16 of one sign, in order, by the kernel that reads them. */
  async function everyFloat16(): Promise<Float32Array> {
    const { heap, convertF16ToF32 } = await instantiateNodeKernels();
    const count = 0x7c00;
    const halves = heap.allocate(count * 2);
    const bits = Uint16Array.from({ length: count }, (_, i) => i);
    heap.u8(halves, count * 2).set(new Uint8Array(bits.buffer));
    const values = heap.allocateF32(count);
    convertF16ToF32(halves, values, count);
    return heap.f32(values, count).slice();
  }

  it("gives every float16 itself, subnormal ones and negative ones too", async () => {
    const values = await everyFloat16();
    const expected = Array.from(values, (_, i) => i);
    expect([...toFloat16Bits(values)]).toEqual(expected);
    const negative = values.map((x) => -x);
    expect([...toFloat16Bits(negative)]).toEqual(expected.map((bits) => bits | 0x8000));
  });

  it("rounds to the nearest one, half way to the even one", async () => {
    const values = await everyFloat16();
    const next = (x: number, step: number) => {
      const bits = new Uint32Array(Float32Array.of(x).buffer);
      bits[0]! += step;
      return new Float32Array(bits.buffer)[0]!;
    };
    for (let i = 0; i + 1 < values.length; i++) {
      const middle = (values[i]! + values[i + 1]!) / 2;
      const found = toFloat16Bits(Float32Array.of(next(middle, -1), middle, next(middle, 1)));
      if (found[0] !== i || found[1] !== i + (i & 1) || found[2] !== i + 1) {
        expect([...found], `around ${middle}`).toEqual([i, i + (i & 1), i + 1]);
      }
    }
  });

  it("overflows to infinity; what is no number stays none", () => {
    const values = [65519.996, 65520, 1e30, Infinity, -Infinity, Number.NaN, 1e-30];
    const expected = [0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00, 0x7e00, 0];
    expect([...toFloat16Bits(Float32Array.from(values))]).toEqual(expected);
  });
});

it("safetensorsPieces are what the format asks for", () => {
  const pieces = safetensorsPieces([
    tensorBytes("a", "U8", [3], Uint8Array.of(1, 2, 3)),
    tensorBytes("b", "F16", [1, 2], Uint8Array.of(4, 5, 6, 7)),
  ]);
  const bytes = Buffer.concat([...pieces]);
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
    __metadata__: { format: "pt" },
    a: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    b: { dtype: "F16", shape: [1, 2], data_offsets: [3, 7] },
  });
  expect([...bytes.subarray(8 + length)]).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

describe("replaceFolder", () => {
  function modelFolder(): { base: string; path: string } {
    const base = mkdtempSync(join(folder, "base-"));
    const path = join(base, "model");
    mkdirSync(path);
    writeFileSync(join(path, "config.json"), "old");
    writeFileSync(join(path, "more"), "old");
    return { base, path };
  }
  const writeNew = async (draft: string) => {
    writeFileSync(join(draft, "config.json"), "new");
    return 7;
  };

  it("makes a folder and those around it", async () => {
    const path = join(folder, "deep/down/model");
    expect(await replaceFolder(path, writeNew)).toBe(7);
    expect(readdirSync(path)).toEqual(["config.json"]);
    expect(readdirSync(join(folder, "deep/down"))).toEqual(["model"]);
  });

  it("replaces a model as a whole", async () => {
    const { base, path } = modelFolder();
    await replaceFolder(path, async (draft) => {
      expect(readFileSync(join(path, "config.json"), "utf8")).toBe("old");
      return writeNew(draft);
    });
    expect(readdirSync(base)).toEqual(["model"]);
    expect(readdirSync(path)).toEqual(["config.json"]);
    expect(readFileSync(join(path, "config.json"), "utf8")).toBe("new");
  });

  it("leaves everything as it was after an error", async () => {
    const { base, path } = modelFolder();
    const error = new Error("cut");
    const failing = replaceFolder(path, async (draft) => {
      await writeNew(draft);
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(readdirSync(base)).toEqual(["model"]);
    expect(readdirSync(path).sort()).toEqual(["config.json", "more"]);
  });

  it("tells what the file system refuses", async () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    await expect(replaceFolder(join(path, "model"), writeNew)).rejects.toBeInstanceOf(OptionError);
    expect(existsSync(join(path, "model"))).toBe(false);
  });

  it("checks first whether the place is free", () => {
    const { base, path } = modelFolder();
    const empty = join(base, "empty");
    mkdirSync(empty);
    for (const free of [empty, join(base, "new")]) checkOutputFolder(free, false);
    checkOutputFolder(path, true);
    expect(() => checkOutputFolder(path, false)).toThrow("--force");
    // Neither a file nor a folder of other things is ever replaced.
    for (const taken of [join(path, "more"), base]) {
      expect(() => checkOutputFolder(taken, true)).toThrow(OptionError);
    }
  });
});
