/** CRC-32 of IEEE 802.3, as gzip has it: four bytes at a step (slicing, Kounavis and Berry, 2005). */

const POLYNOMIAL = 0xedb88320;

/** U32 [4, 256]: table k is the check of a byte that k zero bytes follow. */
const tables = buildTables();

/** @param before the check of the bytes that come before these, if any */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8));
    crc =
      tables[768 + (low & 255)]! ^
      tables[512 + ((low >>> 8) & 255)]! ^
      tables[256 + (((low >>> 16) & 255) ^ bytes[at + 2]!)]! ^
      tables[(low >>> 24) ^ bytes[at + 3]!]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

function buildTables(): Int32Array {
  const built = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    built[byte] = crc;
  }
  for (let at = 256; at < 1024; at++) {
    const shorter = built[at - 256]!;
    built[at] = (shorter >>> 8) ^ built[shorter & 255]!;
  }
  return built;
}
