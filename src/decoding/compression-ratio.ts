import { deflate } from "pako";

/**
 * Bytes of a text as UTF-8 over their size when zlib has compressed them at its default level
 * (whisper/utils.py, compression_ratio): high where the text repeats itself. 0 of an empty text.
 */
export function compressionRatio(text: string): number {
  const bytes = new TextEncoder().encode(text);
  return bytes.length / deflate(bytes).length;
}
