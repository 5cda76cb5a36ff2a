/** What stands before the audio in a file, or in its place: tags, junk, and what is no audio at all. */

/** Header of an ID3v2 tag, bytes (https://id3.org/id3v2.4.0-structure). */
const ID3_HEADER = 10;

/** The file behind its ID3v2 tags: their size is four times seven bits, a footer not counted. */
export function skipId3(bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  while (rest.length >= ID3_HEADER && rest[0] === 0x49 && rest[1] === 0x44 && rest[2] === 0x33) {
    const size = rest.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
    const footer = rest[5]! & 0x10 ? ID3_HEADER : 0;
    rest = rest.subarray(ID3_HEADER + size + footer);
  }
  return rest;
}

/** Whether the file is AIFF or AIFF-C. */
export function isAiff(bytes: Uint8Array): boolean {
  const [form, , kind] = [0, 4, 8].map((at) => String.fromCharCode(...bytes.subarray(at, at + 4)));
  return form === "FORM" && (kind === "AIFF" || kind === "AIFC");
}

/** Junk before the first frame is looked through so far. */
const MOST_JUNK = 1 << 20;
/** Frame headers that must follow each other, so that none is there by chance. */
const FRAMES = 3;
/** kbit/s by their code: MPEG 1, and MPEG 2 and 2.5, layer III (ISO/IEC 11172-3 and 13818-3). */
const BIT_RATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
/** Hz of MPEG 1 by their code. */
const SAMPLE_RATES = [44100, 48000, 32000] as const;

/** The file from its first MP3 frame on; null where there is none. */
export function findMp3(bytes: Uint8Array): Uint8Array | null {
  const last = Math.min(bytes.length, MOST_JUNK);
  for (let at = bytes.indexOf(0xff); at >= 0 && at < last; at = bytes.indexOf(0xff, at + 1)) {
    if (hasFrames(bytes, at)) return bytes.subarray(at);
  }
  return null;
}

/** Whether several frames follow each other from here; a short file may end before. */
function hasFrames(bytes: Uint8Array, first: number): boolean {
  let at = first;
  for (let count = 0; count < FRAMES; count++) {
    if (count > 0 && at === bytes.length) return true;
    const length = frameLength(bytes, at);
    if (length === null) return false;
    at += length;
  }
  return true;
}

/** Bytes of the frame of layer III that begins here; null where none does. */
function frameLength(bytes: Uint8Array, at: number): number | null {
  if (at + 4 > bytes.length) return null;
  const [sync, version, rates] = bytes.subarray(at, at + 3) as unknown as [number, number, number];
  // Eleven bits, a version that is not reserved, layer III.
  const isHeader = sync === 0xff && (version & 0xe6) === 0xe2 && (version & 0x18) !== 0x08;
  const isFirst = (version & 0x18) === 0x18;
  const bitRate = BIT_RATES[isFirst ? 0 : 1][rates >> 4] ?? 0;
  const sampleRate = SAMPLE_RATES[((rates >> 2) & 3) as 0 | 1 | 2];
  if (!isHeader || bitRate === 0 || sampleRate === undefined) return null;
  const divisor = { 24: 1, 16: 2, 0: 4 }[version & 0x18]!;
  const samples = isFirst ? 1152 : 576;
  const padding = (rates >> 1) & 1;
  return Math.floor(((samples / 8) * bitRate * 1000 * divisor) / sampleRate) + padding;
}

/** What a file that is no audio seems to be, for errors; its first bytes where nobody knows. */
export function describeContent(bytes: Uint8Array): string {
  const head = new TextDecoder("latin1").decode(bytes.slice(0, 64)).trimStart();
  if (/^<(!doctype html|html|head|body)/i.test(head)) return "a web page (HTML)";
  if (head.startsWith("version https://git-lfs")) return "a Git LFS pointer, not the file itself";
  if (head.startsWith("{") || head.startsWith("[")) return "JSON";
  if (head.startsWith("%PDF")) return "a PDF document";
  if (head.startsWith("PK\x03\x04")) return "a ZIP archive";
  if (/^[\t\n\r -~]+$/.test(head)) return `text ("${head.slice(0, 16)}")`;
  const hex = Array.from(bytes.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0"));
  return `a file that begins with the bytes ${hex.join(" ")}`;
}
