import type { Kernels } from "../kernels/kernels.ts";
import {
  type CodeShape,
  codeFrequencies,
  codeShapes,
  contextShift,
  TABLE_BITS,
} from "./code-frequencies.ts";
import {
  BLOCK_HEAD_BYTES,
  BLOCK_LENGTH_BYTES,
  blockRows,
  CODED_FORMAT,
  HEAD_BYTES,
  mostBlockBytes,
} from "./coded-layout.ts";
import { crc32 } from "./crc32.ts";
import { damaged } from "./safetensors.ts";
import { floatSlot, type RowSink, readSlice, type TensorSlot } from "./tensor-slot.ts";

/**
 * A slot for int8 codes that the file has entropy-coded (coded-layout.ts), handed to `sink` as
 * codeSlot hands plain ones: I8 [rowCount, columns], a multiple of 8 rows at a time, decoded as they
 * come. Damaged bytes give a ModelError before any code of their block is handed on.
 */
export function codedSlot(
  kernels: Kernels,
  shape: readonly [rows: number, columns: number],
  sink: RowSink,
): TensorSlot {
  return {
    check(entry, file) {
      if (entry.dtype === "U8" && entry.shape.length === 1) return;
      const found = `${entry.dtype} [${entry.shape.join(", ")}]`;
      throw damaged(file, "coded weights, U8 [bytes]", found, entry.name);
    },
    async place(...source) {
      const { heap } = kernels;
      const mark = heap.mark();
      await new CodedReader(kernels, shape, source).read(sink);
      heap.release(mark);
    },
  };
}

/**
 * A slot for the steps of coded weights, F32, F16 or BF16: [rows], or [1] for one that all rows
 * share. `sink` is handed F32 [rowCount], in either case for all `rows` in the end.
 */
export function stepSlot(kernels: Kernels, rows: number, sink: RowSink): TensorSlot {
  const each = floatSlot(kernels, [rows], sink);
  const shared = floatSlot(kernels, [1], (values) => {
    const { heap } = kernels;
    const [step] = heap.f32(values, 1);
    const steps = heap.allocateF32(rows);
    heap.f32(steps, rows).fill(step!);
    sink(steps, 0, rows);
  });
  const slotOf = (shape: readonly number[]) => (shape.join() === "1" ? shared : each);
  return {
    check: (entry, file) => slotOf(entry.shape).check(entry, file),
    place: (entry, ...source) => slotOf(entry.shape).place(entry, ...source),
  };
}

/** What decoding needs beside a block: pointers into kernel memory. */
interface Decoding {
  readonly tables: number;
  /** Both 0 where all multipliers are 1. */
  readonly shifts: number;
  readonly multipliers: number;
}

/** Decoding reads and writes in whole vectors. */
const SLACK_BYTES = 16;
/** log2 of the bytes of a table. */
const TABLE_SHIFT = TABLE_BITS + 2;

/** Reads one tensor to its end. */
class CodedReader {
  readonly #kernels: Kernels;
  readonly #rows: number;
  readonly #columns: number;
  readonly #source: Parameters<TensorSlot["place"]>;
  /** Bytes of the tensor that have not been read. */
  #left: number;

  constructor(
    kernels: Kernels,
    [rows, columns]: readonly [number, number],
    source: Parameters<TensorSlot["place"]>,
  ) {
    this.#kernels = kernels;
    this.#rows = rows;
    this.#columns = columns;
    this.#source = source;
    this.#left = source[0].byteLength;
  }

  async read(sink: RowSink): Promise<void> {
    const { shape, centre } = await this.#readHead();
    let decoding: Decoding = { tables: this.#buildTables(shape), shifts: 0, multipliers: 0 };
    if (centre > 0) decoding = { ...decoding, ...(await this.#readMultipliers(centre, decoding)) };
    const rowsAtOnce = blockRows(this.#columns);
    for (let row = 0; row < this.#rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, this.#rows - row);
      await this.#readBlock(count, decoding, (codes) => sink(codes, row, count));
    }
    if (this.#left > 0) throw this.#damage("the end of the tensor", `${this.#left} bytes more`);
  }

  async #readHead(): Promise<{ shape: CodeShape; centre: number }> {
    const head = await this.#take(HEAD_BYTES);
    const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
    this.#compareChecks(view.getUint32(0, true), crc32(head.subarray(4)));
    const [rows, columns] = [view.getUint32(4, true), view.getUint32(8, true)];
    if (rows !== this.#rows || columns !== this.#columns) {
      const advice = "The weights do not belong to this config.json.";
      const expected = `codes [${this.#rows}, ${this.#columns}]`;
      throw this.#damage(expected, `[${rows}, ${columns}]`, advice);
    }
    const shape = codeShapes[head[13]!];
    if (head[12] !== CODED_FORMAT || shape === undefined) {
      const advice = "Use a newer version of fwhisper, or recast the model with this one.";
      const found = `format ${head[12]}, shape ${head[13]}`;
      throw this.#damage(`coded weights of format ${CODED_FORMAT}`, found, advice);
    }
    return { shape, centre: head[14]! };
  }

  /**
   * Tables are made for each tensor, which takes a hundredth of the time of decoding a large one,
   * so that they need not stay in memory beside the finished model.
   */
  #buildTables(shape: CodeShape): number {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const tables = heap.allocate(kernels.codeTablesBytes());
    const mark = heap.mark();
    const bytes = new Uint8Array(codeFrequencies(shape).buffer);
    const frequencies = heap.allocate(bytes.length);
    heap.u8(frequencies, bytes.length).set(bytes);
    kernels.buildCodeTables(frequencies, tables);
    heap.release(mark);
    return tables;
  }

  async #readMultipliers(centre: number, decoding: Decoding) {
    const { heap } = this.#kernels;
    const columns = this.#columns;
    const padded = Math.ceil(columns / 8) * 8;
    const shifts = heap.allocate(padded * 4);
    const multipliers = heap.allocate(padded);
    heap.i32(shifts, padded).fill(0);
    heap.u8(multipliers, padded).fill(1);
    await this.#readBlock(1, decoding, (codes) => {
      const found = Int8Array.from(heap.u8(codes, columns), (code) => code + centre);
      const wrong = found.find((multiplier) => multiplier < 1);
      if (wrong !== undefined) throw this.#damage("multipliers of 1 .. 127", String(wrong));
      heap.u8(multipliers, columns).set(found);
      heap.i32(shifts, columns).set(Array.from(found, (k) => contextShift(k) << TABLE_SHIFT));
    });
    return { shifts, multipliers };
  }

  /** `use` is given a pointer to I8 [rows, columns] that is valid while it runs. */
  async #readBlock(rows: number, decoding: Decoding, use: (codes: number) => void): Promise<void> {
    const kernels = this.#kernels;
    const { heap } = kernels;
    const start = await this.#take(BLOCK_LENGTH_BYTES);
    const view = new DataView(start.buffer, start.byteOffset, BLOCK_LENGTH_BYTES);
    const [check, byteLength] = [view.getUint32(0, true), view.getUint32(4, true)];
    const checkOfLength = crc32(start.subarray(4));
    const most = mostBlockBytes(rows, this.#columns);
    if (byteLength < BLOCK_HEAD_BYTES || byteLength > most) {
      throw this.#damage(`a block of ${BLOCK_HEAD_BYTES} to ${most} bytes`, `${byteLength} bytes`);
    }
    const bytes = await this.#take(byteLength - BLOCK_LENGTH_BYTES);
    this.#compareChecks(check, crc32(bytes, checkOfLength));
    const mark = heap.mark();
    const block = heap.allocate(bytes.length + SLACK_BYTES);
    const codes = heap.allocate(rows * this.#columns + SLACK_BYTES);
    const scratch = heap.allocate(kernels.decodeCodesScratch(rows));
    heap.u8(block, bytes.length).set(bytes);
    const isSound = kernels.decodeCodes(
      block,
      bytes.length,
      rows,
      this.#columns,
      decoding.shifts,
      decoding.multipliers,
      decoding.tables,
      codes,
      scratch,
    );
    if (!isSound) throw this.#damage("coded weights", "bytes that are none");
    use(codes);
    heap.release(mark);
  }

  async #take(byteLength: number): Promise<Uint8Array> {
    if (byteLength > this.#left) {
      throw this.#damage(`${byteLength} bytes more`, `the end of the tensor after ${this.#left}`);
    }
    this.#left -= byteLength;
    const [entry, reader, file] = this.#source;
    return readSlice(reader, byteLength, entry, file);
  }

  #compareChecks(expected: number, found: number): void {
    if (expected === found) return;
    const hex = (check: number) => check.toString(16).padStart(8, "0");
    throw this.#damage(`bytes with the check ${hex(expected)}`, `others, with ${hex(found)}`);
  }

  #damage(expected: string, found: string, advice?: string) {
    const [entry, , file] = this.#source;
    return damaged(file, expected, found, entry.name, advice);
  }
}
