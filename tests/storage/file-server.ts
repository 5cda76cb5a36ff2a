import { chunkBytes } from "../../src/storage/chunk-store.ts";
import { seededRandom } from "../fixtures/random.ts";

export const origin = "https://models.test";

interface ServedFile {
  bytes: Uint8Array;
  headers: Record<string, string>;
}

interface SeenRequest {
  readonly file: string;
  readonly range: string | null;
  readonly ifRange: string | null;
  status: number;
  /** Body bytes that left the server. */
  sentBytes: number;
}

/** Pieces of an odd size, so that no chunk ends where a piece does. */
const pieceBytes = 50_001;

/** A file server in place of the network: Range, If-Range, 404, 416, and connections that break. */
export class FileServer {
  readonly files = new Map<string, ServedFile>();
  readonly requests: SeenRequest[] = [];
  /** false: every request is answered with the whole file. */
  ranges = true;
  /** After how many body bytes the next answers break, one entry an answer. */
  readonly breaks: number[] = [];
  /** What "breaks" means: an error on the wire, or an end that looks like any other. */
  breaksSilently = false;

  serve(file: string, bytes: Uint8Array | string, headers: Record<string, string> = {}): void {
    const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    this.files.set(file, { bytes: body, headers: { ETag: '"v1"', ...headers } });
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const file = new URL(String(input)).pathname.slice(1);
    const headers = new Headers(init?.headers);
    const range = headers.get("Range");
    const ifRange = headers.get("If-Range");
    const seen: SeenRequest = { file, range, ifRange, status: 404, sentBytes: 0 };
    this.requests.push(seen);
    init?.signal?.throwIfAborted();

    const served = this.files.get(file);
    if (served === undefined) return new Response("no such file", { status: 404 });
    const total = served.bytes.length;
    const matches = ifRange === null || ifRange === served.headers.ETag;
    const start = this.ranges && matches ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0;
    if (start > 0 && start >= total) {
      seen.status = 416;
      return new Response(null, { status: 416 });
    }
    seen.status = start > 0 ? 206 : 200;
    const partHeaders: Record<string, string> =
      start > 0 ? { "Content-Range": `bytes ${start}-${total - 1}/${total}` } : {};
    return new Response(this.#body(served.bytes.subarray(start), seen, init?.signal ?? undefined), {
      status: seen.status,
      headers: { "Content-Length": String(total - start), ...partHeaders, ...served.headers },
    });
  };

  #body(bytes: Uint8Array, seen: SeenRequest, signal?: AbortSignal): ReadableStream<Uint8Array> {
    const end = Math.min(this.breaks.shift() ?? Number.POSITIVE_INFINITY, bytes.length);
    const silently = this.breaksSilently || end === bytes.length;
    return new ReadableStream(
      {
        pull(controller) {
          if (signal?.aborted) return controller.error(signal.reason);
          const piece = bytes.slice(seen.sentBytes, Math.min(seen.sentBytes + pieceBytes, end));
          seen.sentBytes += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          else if (silently) controller.close();
          else controller.error(new TypeError("network error"));
        },
      },
      { highWaterMark: 0 },
    );
  }
}

export const noNetwork: typeof fetch = async (input) => {
  throw new TypeError(`a request was made: ${input}`);
};

export function noise(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => random() * 256);
}

/** 20 whole chunks, so more than is kept at once, and a short one. */
export const weights = noise(20 * chunkBytes + 1234, 1);
