/** Audio files in Node: WAV by the page's own reader, the compressed formats by a library each. */
import { readFile } from "node:fs/promises";
import { buffer as readStream } from "node:stream/consumers";
import { describeContent, findMp3, isAiff, skipId3 } from "../../src/audio/container.ts";
import { checkSamples, type DecodedAudio, toMono } from "../../src/audio/mono.ts";
import { isWav, readWav } from "../../src/audio/wav.ts";
import { AudioError } from "../../src/errors.ts";

/** A recording in memory, its format known, not decoded yet. */
export interface AudioFile {
  /**
   * @param sampleRate The model's rate, Hz.
   * @returns Mono samples at that rate, nominally -1..1. A damaged or cut off file of a compressed
   * format gives what its decoder can make of it.
   * @throws {AudioError} Names the file: it is broken, or holds no sample.
   */
  decode(sampleRate: number): Promise<Float32Array>;
}

/**
 * Reads WAV, AIFF, FLAC, MP3, Ogg Vorbis, Ogg Opus or Ogg FLAC, before anybody knows the sample rate
 * that the model wants: a wrong path or format is found out before the model is loaded.
 * @throws {AudioError} Names the file: it cannot be opened, is empty, or is of another format.
 */
export async function openAudioFile(path: string): Promise<AudioFile> {
  return namingFile(path, async () => {
    const bytes = await readBytes(path);
    if (bytes.length === 0) throw new AudioError("The file is empty (0 bytes).");
    const { format, audio } = findAudio(bytes);
    return {
      decode: (sampleRate) =>
        namingFile(path, async () => toMono(await decode(audio, format), sampleRate)),
    };
  });
}

/** Opens and decodes a recording at once; `openAudioFile` says how. */
export async function readAudioFile(path: string, sampleRate: number): Promise<Float32Array> {
  return (await openAudioFile(path)).decode(sampleRate);
}

/**
 * Reads raw little-endian float32, mono, at the model's own rate.
 * @throws {AudioError} Names the file: its size is no multiple of 4, it is empty, or holds a
 * sample that is not finite.
 */
export async function readRawPcm(path: string): Promise<Float32Array> {
  return namingFile(path, async () => {
    const bytes = await readBytes(path);
    if (bytes.length % 4 !== 0) {
      throw new AudioError(
        `Raw PCM should be 32-bit little-endian floats, but ${bytes.length} bytes is no multiple of 4. Is it a WAV file, or another sample format?`,
        { bytes: bytes.length },
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const samples = Float32Array.from({ length: bytes.length / 4 }, (_, i) =>
      view.getFloat32(4 * i, true),
    );
    return checkSamples(samples);
  });
}

type Decoder = (bytes: Uint8Array) => Promise<{ channelData: Float32Array[]; sampleRate: number }>;

async function decode(bytes: Uint8Array, format: Format): Promise<DecodedAudio> {
  if (format === "WAV") return readWav(bytes);
  const decoder = await loadDecoder(format);
  let decoded: Awaited<ReturnType<Decoder>>;
  try {
    decoded = await decoder(bytes);
  } catch (cause) {
    throw damaged(format, cause);
  }
  if (decoded.channelData.length === 0 || !decoded.channelData[0]?.length) throw damaged(format);
  return { channels: decoded.channelData, sampleRate: decoded.sampleRate };
}

function damaged(format: CompressedFormat, cause?: unknown): AudioError {
  return new AudioError(
    `The file begins as ${format} but no audio could be decoded: it is damaged or cut off. Try another copy, or convert it to WAV.`,
    { format },
    { cause },
  );
}

type CompressedFormat = "AIFF" | "FLAC" | "MP3" | "Ogg Vorbis" | "Ogg Opus";

type Format = "WAV" | CompressedFormat;

/** By the first bytes behind tags, never by the file's name; MP3 by its frames, behind junk too. */
function findAudio(bytes: Uint8Array): { format: Format; audio: Uint8Array } {
  const audio = skipId3(bytes);
  const format = isWav(audio) ? "WAV" : detectContainer(audio);
  if (format !== undefined) return { format, audio };
  const frames = findMp3(audio);
  if (frames !== null) return { format: "MP3", audio: frames };
  // A tag, or one frame's eleven bits and layer III: what its decoder refuses is damaged.
  const isFrame = audio[0] === 0xff && (audio[1]! & 0xe6) === 0xe2;
  if (audio.length < bytes.length || isFrame) return { format: "MP3", audio: bytes };
  throw new AudioError(
    `The format is not known: expected WAV, AIFF, FLAC, MP3, Ogg Vorbis, Ogg Opus or Ogg FLAC, found ${describeContent(bytes)}. Convert it, for instance with: ffmpeg -i INPUT output.wav`,
  );
}

function detectContainer(bytes: Uint8Array): CompressedFormat | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  if (isAiff(bytes)) return "AIFF";
  if (head.startsWith("fLaC")) return "FLAC";
  if (head.startsWith("OggS")) {
    // The first packet of an Ogg stream names its codec.
    if (head.includes("OpusHead")) return "Ogg Opus";
    if (head.includes("\x01vorbis")) return "Ogg Vorbis";
    if (head.includes("\x7fFLAC")) return "FLAC";
  }
  return undefined;
}

const aiff: Decoder = async (bytes) => (await import("@audio/decode-aiff")).default(bytes);

/** Each decoder but AIFF's is WebAssembly, compiled only when a file needs it. */
async function loadDecoder(format: CompressedFormat): Promise<Decoder> {
  switch (format) {
    case "AIFF":
      return aiff;
    case "FLAC":
      return (await import("@audio/decode-flac")).default;
    case "MP3":
      return (await import("@audio/decode-mp3")).default;
    case "Ogg Vorbis":
      return (await import("@audio/decode-vorbis")).default;
    case "Ogg Opus":
      return (await import("@audio/decode-opus")).default;
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    // A plain view: Buffer's own slice() is no copy, which libraries do not expect.
    const buffer = path === "-" ? await readStream(process.stdin) : await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? cause.code : String(cause);
    throw new AudioError(`The file cannot be opened (${reason}). Check the path.`, {}, { cause });
  }
}

/** The readers do not know files; here their errors learn which one it was. */
async function namingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AudioError)) throw error;
    throw new AudioError(
      `${path}: ${error.message}`,
      { ...error.details, file: path },
      { cause: error },
    );
  }
}
