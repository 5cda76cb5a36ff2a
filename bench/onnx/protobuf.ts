/**
 * The wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding), as far as ONNX
 * needs it. A message is a list of pieces, so that weights are copied once, into the file.
 */
export type Pieces = readonly Uint8Array[];

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** A whole number from 0, as int64 or enum. */
export function integerField(field: number, value: number): Pieces {
  return [Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)])];
}

export function floatField(field: number, value: number): Pieces {
  const bytes = new Uint8Array(new Float32Array([value]).buffer);
  return [Uint8Array.from([...varint(field * 8 + FIXED32), ...bytes])];
}

export function textField(field: number, value: string): Pieces {
  return bytesField(field, [new TextEncoder().encode(value)]);
}

/** Bytes, or a message in a message. */
export function bytesField(field: number, value: Pieces): Pieces {
  const length = value.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...varint(field * 8 + LENGTH), ...varint(length)]), ...value];
}

export function join(pieces: Pieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Base-128, low groups first. Negative numbers take ten bytes of two's complement. */
function varint(value: number): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}
