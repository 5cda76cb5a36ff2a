import { ModelError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";

/**
 * The safetensors format (github.com/huggingface/safetensors, README "Format"): 8 bytes header
 * length (little-endian), a JSON header, then the tensors' bytes without holes.
 */

/** Bytes of an element by dtype. */
const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type Dtype = keyof typeof elementBytes;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** The format's own limit on the header. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/**
 * Reads and checks the header; the reader then stands at the first tensor's first byte.
 *
 * @param byteLength the file's length where known: offsets beyond it are refused at once
 * @returns the tensors in the order of their bytes
 * @throws ModelError that names the file, the tensor, what was expected and what was found
 */
export async function readSafetensorsHeader(
  reader: ByteReader,
  file: string,
  byteLength: number | null,
): Promise<TensorEntry[]> {
  const prefix = await reader.read(LENGTH_BYTES);
  if (prefix.length < LENGTH_BYTES) {
    throw damaged(file, `at least ${LENGTH_BYTES} bytes`, `${prefix.length} bytes`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw damaged(file, `a header of at most ${MAX_HEADER_BYTES} bytes`, `${headerBytes} bytes`);
  }
  if (byteLength !== null && LENGTH_BYTES + headerBytes > byteLength) {
    const room = byteLength - LENGTH_BYTES;
    throw damaged(file, `a header of at most ${room} bytes`, `${headerBytes} bytes`);
  }
  const header = await reader.read(headerBytes);
  if (header.length < headerBytes) {
    throw damaged(file, `a header of ${headerBytes} bytes`, `${header.length} bytes`);
  }
  return parseHeader(header, file, byteLength);
}

function parseHeader(bytes: Uint8Array, file: string, byteLength: number | null): TensorEntry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw damaged(file, "a header of JSON", "something else");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw damaged(file, "a JSON object as header", JSON.stringify(header).slice(0, 40));
  }
  const placed = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(name, value, file))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  let end = 0;
  for (const { entry, begin, end: next } of placed) {
    if (begin !== end) {
      const fault = begin < end ? "overlaps the tensor before it" : "leaves a hole before it";
      throw damaged(file, `data to begin at ${end}`, `${begin}: it ${fault}`, entry.name);
    }
    end = next;
  }
  const dataBytes = byteLength === null ? null : byteLength - LENGTH_BYTES - bytes.length;
  if (dataBytes !== null && end !== dataBytes) {
    const last = placed.findLast((tensor) => tensor.end > dataBytes)?.entry.name;
    throw damaged(
      file,
      `${end} bytes of tensors`,
      `${dataBytes}: ${end > dataBytes ? "the file is cut short or an offset is out of range" : "bytes that belong to no tensor"}`,
      last,
    );
  }
  return placed.map(({ entry }) => entry);
}

function parseEntry(name: string, value: unknown, file: string) {
  const { dtype, shape, data_offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(elementBytes, dtype)) {
    const known = Object.keys(elementBytes).join(", ");
    throw damaged(file, `a dtype of ${known}`, String(JSON.stringify(dtype)), name);
  }
  if (!isNaturals(shape)) {
    throw damaged(file, "a shape of whole numbers", String(JSON.stringify(shape)), name);
  }
  if (!isNaturals(data_offsets) || data_offsets.length !== 2) {
    const found = String(JSON.stringify(data_offsets));
    throw damaged(file, "data_offsets [begin, end]", found, name);
  }
  const [begin, end] = data_offsets as [number, number];
  const byteLength =
    shape.reduce((product, size) => product * size, 1) * elementBytes[dtype as Dtype];
  if (end - begin !== byteLength) {
    const expected = `${byteLength} bytes for ${dtype} [${shape.join(", ")}]`;
    throw damaged(file, expected, `data_offsets [${begin}, ${end}]`, name);
  }
  const entry: TensorEntry = { name, dtype: dtype as Dtype, shape, byteLength };
  return { entry, begin, end };
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** A typed refusal that names the place, what was expected and what was found. */
export function damaged(
  file: string,
  expected: string,
  found: string,
  tensor?: string,
  advice = "Download the file again.",
): ModelError {
  const place = tensor === undefined ? file : `${file}: tensor ${tensor}`;
  return new ModelError(`${place}: expected ${expected}, found ${found}. ${advice}`, {
    file,
    tensor,
    expected,
    found,
  });
}
