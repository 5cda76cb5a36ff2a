import { ByteReader } from "../src/checkpoint/byte-reader.ts";
import { codeFrequencies, contextShift } from "../src/checkpoint/code-frequencies.ts";
import { BLOCK_LENGTH_BYTES, blockRows, HEAD_BYTES } from "../src/checkpoint/coded-layout.ts";
import { codedSlot } from "../src/checkpoint/coded-slot.ts";
import { instantiateKernels, type Kernels } from "../src/kernels/kernels.ts";
import { encodeCodes } from "../tools/recast/encode-codes.ts";
import { codeBySteps } from "../tools/recast/row-quantiser.ts";
import { alternate, median, medianRatio, percent, round, spread } from "./measure.ts";
import type { BenchHost, BenchRequest } from "./protocol.ts";
import { randomValues } from "./random-tensor.ts";
import type { Report } from "./report.ts";
import { RoofLog, rate, wakeUp } from "./rooflines.ts";

/** Standard deviations of the codes: from coarse steps to those of int8. */
const deviations = [2, 4, 8, 32];
const multiplierSets = [
  { name: "1", of: () => 1 },
  { name: "1 .. 4", of: (column: number) => 1 + (column % 4) },
];
const [ROWS, COLUMNS] = [6144, 384];
const CODES = ROWS * COLUMNS;
/** As a download hands them on. */
const CHUNK_BYTES = 65536;
const FILE = "model.safetensors";

/** Decoding entropy-coded int8 weights, beside copying as many bytes as there are codes. */
export async function benchDecodeCodes(request: BenchRequest, host: BenchHost): Promise<Report[]> {
  const kernels = await instantiateKernels(host.kernels, { threads: 1 });
  const { heap } = kernels;
  const source = heap.allocate(CODES);
  const target = heap.allocate(CODES + 16);
  heap.u8(source, CODES).fill(1);
  const copy = {
    name: "copy GB/s",
    work: () => heap.u8(target, CODES).set(heap.u8(source, CODES)),
    amount: CODES,
  };
  wakeUp(copy.work);
  const log = new RoofLog();
  const rows = [];
  for (const deviation of deviations) {
    for (const multipliers of multiplierSets) {
      host.progress(`codes of deviation ${deviation}, multipliers ${multipliers.name}`);
      const mark = heap.mark();
      const factors = Uint8Array.from({ length: COLUMNS }, (_, column) => multipliers.of(column));
      const codes = drawCodes(deviation, factors);
      const coded = encodeCodes(codes, ROWS, COLUMNS, factors);
      const decode = prepareDecoding(kernels, coded, factors, target);
      const load = () => loadCodes(kernels, coded, target);
      for (const work of [decode, load]) {
        heap.u8(target, CODES).fill(0);
        await work();
        const found = new Int8Array(heap.u8(target, CODES).slice().buffer);
        if (codes.some((code, i) => code !== found[i])) {
          throw new Error("The decoded codes are not those that were encoded.");
        }
      }
      const [decoding, loading, encoding, copying] = await alternate(request.runs, [
        decode,
        load,
        () => encodeCodes(codes, ROWS, COLUMNS, factors),
        copy.work,
      ]);
      log.add(copy, copying!);
      rows.push({
        deviation,
        multipliers: multipliers.name,
        "bits a code": round((8 * coded.length) / CODES),
        "decode MB/s": round(1e3 * rate(CODES, median(decoding!))),
        spread: spread(decoding!),
        "of copying": percent(medianRatio(copying!, decoding!)),
        "load MB/s": round(1e3 * rate(CODES, median(loading!))),
        "encode MB/s": round(1e3 * rate(CODES, median(encoding!))),
      });
      heap.release(mark);
    }
  }
  kernels.dispose();
  return [
    {
      title: `Entropy-coded int8 weights, ${ROWS} x ${COLUMNS}, ${kernels.build} build, one thread`,
      rows,
      notes: [
        "MB/s: of codes. Decode: the kernel alone; load: from a stream of 64 KB chunks, with its checks. Goal: decode 150 MB/s.",
      ],
      rooflines: log.summary(),
    },
  ];
}

/** Bell-shaped codes of this deviation, multiples of their columns' multipliers. */
function drawCodes(deviation: number, multipliers: Uint8Array): Int8Array {
  const values = randomValues(`codes of ${deviation}`, CODES);
  let energy = 0;
  for (const value of values) energy += value * value;
  const step = Math.sqrt(energy / CODES) / deviation;
  return Int8Array.from(values, (value, at) => {
    return codeBySteps(value, step, multipliers[at % COLUMNS]!);
  });
}

/** All operands in kernel memory, so that only the kernel is left to be timed. */
function prepareDecoding(
  kernels: Kernels,
  coded: Uint8Array,
  factors: Uint8Array,
  target: number,
): () => void {
  const { heap } = kernels;
  const copyBytes = (bytes: Uint8Array) => {
    const pointer = heap.allocate(bytes.length + 16);
    heap.u8(pointer, bytes.length).set(bytes);
    return pointer;
  };
  const tables = heap.allocate(kernels.codeTablesBytes());
  kernels.buildCodeTables(copyBytes(new Uint8Array(codeFrequencies("normal").buffer)), tables);
  const isPlain = factors.every((factor) => factor === 1);
  const shifts = isPlain ? 0 : heap.copyI32(Array.from(factors, (k) => contextShift(k) << 14));
  const multipliers = isPlain ? 0 : copyBytes(factors);
  const scratch = heap.allocate(kernels.decodeCodesScratch(ROWS));
  const pointer = copyBytes(coded);
  const view = new DataView(coded.buffer);
  const lengthAt = (at: number) => view.getUint32(at + 4, true);
  const first = isPlain ? HEAD_BYTES : HEAD_BYTES + lengthAt(HEAD_BYTES);
  const rowsAtOnce = blockRows(COLUMNS);
  return () => {
    for (let at = first, row = 0; row < ROWS; at += lengthAt(at), row += rowsAtOnce) {
      kernels.decodeCodes(
        pointer + at + BLOCK_LENGTH_BYTES,
        lengthAt(at) - BLOCK_LENGTH_BYTES,
        Math.min(rowsAtOnce, ROWS - row),
        COLUMNS,
        shifts,
        multipliers,
        tables,
        target + row * COLUMNS,
        scratch,
      );
    }
  };
}

/** As the loader does it. */
async function loadCodes(kernels: Kernels, coded: Uint8Array, target: number): Promise<void> {
  const { heap } = kernels;
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= coded.length) controller.close();
      else controller.enqueue(coded.subarray(at, at + CHUNK_BYTES));
      at += CHUNK_BYTES;
    },
  });
  const byteLength = coded.length;
  const entry = { name: "codes", dtype: "U8", shape: [byteLength], byteLength } as const;
  const slot = codedSlot(kernels, [ROWS, COLUMNS], (codes, row, count) => {
    heap.u8(target + row * COLUMNS, count * COLUMNS).set(heap.u8(codes, count * COLUMNS));
  });
  await slot.place(entry, new ByteReader(stream), FILE);
}
