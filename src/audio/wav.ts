/**
 * RIFF/WAVE bytes -> float samples, the same in Node and in every browser: 16-bit codes become
 * exactly code / 32768.
 *
 * Our own reader, because no library gave that for all the forms that recorders write.
 * Tried on files of sox: `@audio/decode-wav` 1.5 divides positive codes by 32767 and cannot read
 * RIFX; `wavefile` 11 takes the pad byte of an odd data chunk for a sample and leaves the scaling
 * to the caller; `node-wav` 0.0.2 knows neither WAVE_FORMAT_EXTENSIBLE nor G.711; a browser's
 * decodeAudioData resamples and refuses some of them.
 *
 * Formats: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF,
 * RIFX, chunks, PCM layout); Microsoft's WAVEFORMATEXTENSIBLE; EBU Tech 3306 (RF64, ds64);
 * ITU-T G.711 (A-law, mu-law).
 */
import { AudioError } from "../errors.ts";
import type { DecodedAudio } from "./mono.ts";

type SampleReader = (view: DataView, offset: number) => number;

interface WavFormat {
  readonly channelCount: number;
  readonly sampleRate: number;
  /** Bytes of one sample of one channel. */
  readonly sampleBytes: number;
  readonly readSample: SampleReader;
}

/** Whether the bytes begin as a WAVE file of any kind (RIFF, big-endian RIFX, 64-bit RF64 and BW64). */
export function isWav(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  if (bytes.length < 12) return false;
  return /^(RIFF|RIFX|RF64|BW64)$/.test(fourCC(view, 0)) && fourCC(view, 8) === "WAVE";
}

/**
 * Reads a WAVE file: PCM of 8 to 32 bits, float of 32 and 64, A-law and mu-law, plain or
 * extensible. A data chunk whose size was never filled in (a stream), or that is longer than the
 * file, is read to the end of the file.
 * @throws {AudioError} Not a WAVE file, a chunk is missing or broken, or the codec is another.
 */
export function readWav(bytes: Uint8Array): DecodedAudio {
  if (!isWav(bytes)) throw new AudioError("Not a WAV file: expected a RIFF header with type WAVE.");
  const view = viewOf(bytes);
  const littleEndian = fourCC(view, 0) !== "RIFX";
  const { format: formatChunk, data } = findChunks(view, littleEndian);
  if (!formatChunk || !data) {
    const missing = formatChunk ? "data" : "fmt";
    throw new AudioError(
      `The WAV file has no "${missing}" chunk: it is damaged or cut off. Export it again.`,
      { chunk: missing, bytes: bytes.length },
    );
  }
  const { channelCount, sampleRate, sampleBytes, readSample } = readFormat(
    formatChunk,
    littleEndian,
  );
  const frameCount = Math.floor(data.byteLength / (sampleBytes * channelCount));
  const channels = Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(frameCount);
    for (let i = 0; i < frameCount; i++) {
      samples[i] = readSample(data, (i * channelCount + channel) * sampleBytes);
    }
    return samples;
  });
  return { channels, sampleRate };
}

/** Chunks stand in any order; only the first of each kind counts. */
function findChunks(view: DataView, littleEndian: boolean) {
  const declaredLength = view.getUint32(4, littleEndian) + 8;
  // A size of 0 is true where the writer came back to fill in the file's length, as it then did here.
  const isFinished = declaredLength >= view.byteLength - 1 && declaredLength <= view.byteLength;
  let longDataSize: number | undefined;
  let format: DataView | undefined;
  let data: DataView | undefined;
  for (let offset = 12; offset + 8 <= view.byteLength && !(format && data); ) {
    const id = fourCC(view, offset);
    const available = view.byteLength - offset - 8;
    let size = view.getUint32(offset + 4, littleEndian);
    if (id === "data") {
      if (size === 0xffffffff) size = longDataSize ?? available;
      if (size === 0 && !isFinished) size = available;
    }
    const body = new DataView(view.buffer, view.byteOffset + offset + 8, Math.min(size, available));
    if (id === "ds64" && body.byteLength >= 16) longDataSize = Number(body.getBigUint64(8, true));
    if (id === "fmt ") format ??= body;
    if (id === "data") data ??= body;
    offset += 8 + size + (size % 2); // chunks are padded to an even length
  }
  return { format, data };
}

function readFormat(chunk: DataView, littleEndian: boolean): WavFormat {
  if (chunk.byteLength < 16) {
    throw new AudioError(
      `The WAV file's "fmt" chunk should have at least 16 bytes and has ${chunk.byteLength}: the file is damaged.`,
    );
  }
  let codec = chunk.getUint16(0, littleEndian);
  const channelCount = chunk.getUint16(2, littleEndian);
  const sampleRate = chunk.getUint32(4, littleEndian);
  const blockBytes = chunk.getUint16(12, littleEndian);
  // WAVE_FORMAT_EXTENSIBLE: the codec is the head of the SubFormat GUID.
  if (codec === 0xfffe && chunk.byteLength >= 26) codec = chunk.getUint16(24, littleEndian);

  // Samples of fewer valid bits sit at the top of their container, so that it is the container that
  // matters; where its size is none that can be, the bits tell, as ffmpeg has it.
  const bits = chunk.getUint16(14, littleEndian);
  const sizes = [blockBytes / channelCount, Math.ceil(bits / 8)];
  const sampleBytes = sizes.find((bytes) => {
    return (
      channelCount > 0 &&
      bytes * 8 >= bits &&
      sampleReader(codec, bytes, littleEndian) !== undefined
    );
  });
  const readSample = sampleBytes && sampleReader(codec, sampleBytes, littleEndian);
  if (!sampleBytes || !readSample) {
    throw new AudioError(
      `WAV with codec 0x${codec.toString(16).padStart(4, "0")}, ${bits} bits, ${channelCount} channels in blocks of ${blockBytes} bytes is not supported ` +
        "(PCM 8 to 32 bits, float 32 and 64, A-law and mu-law are). Convert it, for instance with: ffmpeg -i in.wav -c:a pcm_s16le out.wav",
      { codec, bits, channelCount, blockBytes },
    );
  }
  return { channelCount, sampleRate, sampleBytes, readSample };
}

function sampleReader(
  codec: number,
  sampleBytes: number,
  littleEndian: boolean,
): SampleReader | undefined {
  switch (`${codec}:${sampleBytes}`) {
    case "1:1": // the one unsigned form
      return (view, at) => (view.getUint8(at) - 128) / 128;
    case "1:2":
      return (view, at) => view.getInt16(at, littleEndian) / 2 ** 15;
    case "1:3":
      return (view, at) => {
        const high = view.getInt8(littleEndian ? at + 2 : at);
        const middle = view.getUint8(at + 1);
        const low = view.getUint8(littleEndian ? at : at + 2);
        return (high * 65536 + middle * 256 + low) / 2 ** 23;
      };
    case "1:4":
      return (view, at) => view.getInt32(at, littleEndian) / 2 ** 31;
    case "3:4":
      return (view, at) => view.getFloat32(at, littleEndian);
    case "3:8":
      return (view, at) => view.getFloat64(at, littleEndian);
    case "6:1":
      return (view, at) => expandALaw(view.getUint8(at)) / 2 ** 15;
    case "7:1":
      return (view, at) => expandMuLaw(view.getUint8(at)) / 2 ** 15;
    default:
      return undefined;
  }
}

/** G.711 A-law: a sign, three bits of segment, four of mantissa, every second bit inverted. */
function expandALaw(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = segment === 0 ? mantissa : (mantissa + 256) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

/** G.711 mu-law: as A-law with all bits inverted and a bias of 132 instead of a linear segment. */
function expandMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
}

function fourCC(view: DataView, offset: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(offset + i)));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
