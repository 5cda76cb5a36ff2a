/**
 * Any source a page can have -> mono samples at the model's rate.
 *
 * WAV goes through our own reader, so that it gives the same samples everywhere, AIFF through a library;
 * the compressed formats through the platform's decoders, which cost the page no bytes.
 */
import { AudioError, DownloadError } from "../errors.ts";
import { describeContent, isAiff, skipId3 } from "./container.ts";
import { checkSamples, type DecodedAudio, toMono } from "./mono.ts";
import { isWav, readWav } from "./wav.ts";

/**
 * What can be transcribed: a Float32Array is mono samples at the model's own rate, an ArrayBuffer,
 * Uint8Array or Blob is the bytes of an audio file, a URL or string is where such a file lies.
 */
export type AudioSource =
  | Float32Array
  | AudioBuffer
  | ArrayBuffer
  | Uint8Array
  | Blob
  | URL
  | string;

export interface DecodeAudioOptions {
  readonly signal?: AbortSignal;
}

/**
 * decodeAudioData converts to its context's rate by the browser's own means. At this rate, at or
 * above what nearly all files have, that costs no part of the band we keep, and the conversion
 * down to the model's rate is ours: alike in all browsers.
 */
const platformRate = 48_000;

/**
 * Decodes a source to mono samples.
 * @param sampleRate The model's rate, Hz.
 * @returns Samples, nominally -1..1; a Float32Array source is returned itself, not a copy.
 * @throws {AudioError} The source is empty, cannot be decoded, has no channels, or holds a sample
 * that is not finite.
 * @throws {DownloadError} A URL could not be fetched.
 * @throws The signal's reason, when it aborts.
 */
export async function decodeAudio(
  source: AudioSource,
  sampleRate: number,
  { signal }: DecodeAudioOptions = {},
): Promise<Float32Array> {
  signal?.throwIfAborted();
  if (source instanceof Float32Array) return checkSamples(source);
  if (isAudioBuffer(source)) return toMono(channelsOf(source), sampleRate);

  const bytes = await readBytes(source, signal);
  signal?.throwIfAborted();
  if (bytes.length === 0) {
    throw new AudioError("The audio file is empty (0 bytes). Choose another file or record again.");
  }
  // Browsers know no tag before a FLAC file, and few know junk before MP3.
  const file = skipId3(bytes);
  const isMp3 = file.length < bytes.length && file[0] === 0xff;
  const audio = isWav(file)
    ? readWav(file)
    : isAiff(file)
      ? await decodeAiff(file)
      : await decodeOnPlatform(isMp3 ? bytes : file);
  signal?.throwIfAborted();
  return toMono(audio, sampleRate);
}

async function readBytes(
  source: ArrayBuffer | Uint8Array | Blob | URL | string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await readBlob(source));
  if (source instanceof URL || typeof source === "string") return download(String(source), signal);
  throw new AudioError(
    "Unknown kind of audio source: expected a Float32Array, AudioBuffer, ArrayBuffer, Uint8Array, Blob, URL or string.",
    { found: Object.prototype.toString.call(source) },
  );
}

async function readBlob(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch (cause) {
    throw new AudioError(
      "The audio file could not be read: it may have been moved or changed. Choose it again.",
      {},
      { cause },
    );
  }
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    signal?.throwIfAborted();
    throw new DownloadError(
      `The audio at ${url} could not be fetched: check the address, the network, and that the server allows this page (CORS).`,
      { url },
      { cause },
    );
  }
  throw new DownloadError(
    `The audio at ${url} could not be fetched: the server answered ${response.status} ${response.statusText}. Check the address.`,
    { url, status: response.status },
  );
}

/** Of today's browsers only Safari knows it. */
async function decodeAiff(bytes: Uint8Array): Promise<DecodedAudio> {
  const { default: decode } = await import("@audio/decode-aiff");
  const { channelData, sampleRate } = await decode(bytes);
  return { channels: channelData, sampleRate };
}

async function decodeOnPlatform(bytes: Uint8Array): Promise<DecodedAudio> {
  if (typeof OfflineAudioContext === "undefined") {
    throw new AudioError(
      "Compressed audio needs the browser's decoder (OfflineAudioContext), which is missing here: give a WAV file or samples, or call from the page instead of a worker.",
    );
  }
  const context = new OfflineAudioContext(1, 1, platformRate);
  try {
    // A copy, because decodeAudioData detaches the buffer it is given.
    return channelsOf(await context.decodeAudioData(bytes.slice().buffer));
  } catch (cause) {
    throw new AudioError(
      `This browser cannot decode the audio file (${bytes.length} bytes, it seems to be ${describeContent(bytes)}). Expected WAV, or a format that the browser plays, such as MP3, FLAC, Ogg or M4A: convert it to WAV, or check that it is audio at all.`,
      { bytes: bytes.length },
      { cause },
    );
  }
}

/** Copies: what becomes of the result, a transfer to a worker for one, must not touch the buffer. */
function channelsOf(buffer: AudioBuffer): DecodedAudio {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, channel) =>
    buffer.getChannelData(channel).slice(),
  );
  return { channels, sampleRate: buffer.sampleRate };
}

/** By instance where the platform has the class at all (Node and workers have not). */
function isAudioBuffer(source: AudioSource): source is AudioBuffer {
  return typeof AudioBuffer !== "undefined" && source instanceof AudioBuffer;
}
