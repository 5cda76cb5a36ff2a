import { DownloadError } from "../errors.ts";

/** A server's answer with the bytes of a file, or the rest of them. */
export interface FileAnswer {
  /** Where in the file the body begins: 0, or as asked for. */
  readonly start: number;
  /** Length of the whole file; null where the server does not tell. */
  readonly totalBytes: number | null;
  /** Strong ETag or Last-Modified; null where there is none. */
  readonly validator: string | null;
  /** SHA-256 of the whole, hexadecimal; null where the server does not tell. */
  readonly sha256: string | null;
  readonly body: ReadableStream<Uint8Array>;
}

/** The bytes that are here already, and the version of the file that they are of. */
export interface KnownPart {
  readonly start: number;
  readonly validator: string;
  readonly totalBytes: number | null;
}

/**
 * Asks for a file, or with `known` for its rest; the answer's `start` tells which of the two came.
 * null: there is no such file. Throws DownloadError, or the signal's reason.
 */
export async function requestFile(
  url: string,
  known: KnownPart | null,
  fetch: typeof globalThis.fetch,
  init: { readonly signal: AbortSignal; readonly cache: RequestCache },
): Promise<FileAnswer | null> {
  if (known !== null) {
    const headers = rangeHeaders(url, known);
    const response = await send(url, fetch, { ...init, headers });
    const rest = restOfFile(response, known, "If-Range" in headers);
    if (rest !== null) return rest;
    // 416, or a part that does not fit ours: the whole, then.
    if (response.status === 416 || response.status === 206) {
      await response.body?.cancel();
    } else {
      return wholeFile(url, response);
    }
  }
  return wholeFile(url, await send(url, fetch, init));
}

async function send(
  url: string,
  fetch: typeof globalThis.fetch,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  init.signal.throwIfAborted();
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal.aborted) throw init.signal.reason;
    throw new DownloadError(
      `${url} could not be reached (${cause}). Check the network connection, and that the server ` +
        "allows requests from other sites (CORS) if it is not this page's own.",
      { url },
      { cause },
    );
  }
}

/** Range asks for the rest, If-Range for the whole if the file has changed meanwhile (RFC 9110, 13.1.5). */
function rangeHeaders(url: string, { start, validator }: KnownPart): Record<string, string> {
  const range = { Range: `bytes=${start}-` };
  // Across origins If-Range would cost a preflight, which many file servers refuse; a simple Range
  // does not. The validator of the answer is compared in any case.
  const page = globalThis.location?.origin;
  const crossOrigin = page !== undefined && new URL(url).origin !== page;
  return crossOrigin ? range : { ...range, "If-Range": validator };
}

function restOfFile(response: Response, known: KnownPart, conditional: boolean): FileAnswer | null {
  if (response.status !== 206 || isEncoded(response)) return null;
  const validator = strongValidator(response);
  // A conditional answer may leave out Last-Modified: that it is a part proves the condition true.
  if (validator === null ? !conditional : validator !== known.validator) return null;

  const contentRange = response.headers.get("Content-Range");
  let totalBytes = known.totalBytes;
  if (contentRange !== null) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(contentRange) ?? [];
    if (Number(first) !== known.start) return null;
    if (total !== "*") {
      if (totalBytes !== null && Number(total) !== totalBytes) return null;
      totalBytes = Number(total);
    }
  } else {
    // Other origins hide Content-Range unless they expose it; the length must do instead.
    const length = contentLength(response);
    if (length === null || totalBytes === null || known.start + length !== totalBytes) return null;
  }
  return {
    start: known.start,
    totalBytes,
    validator: known.validator,
    sha256: announcedSha256(response),
    body: bodyOf(response),
  };
}

async function wholeFile(url: string, response: Response): Promise<FileAnswer | null> {
  const { status } = response;
  // A page in place of a file: single-page servers answer every unknown path with 200 and the page.
  const isPage = /^text\/html\b/i.test(response.headers.get("Content-Type") ?? "");
  if (status === 404 || status === 410 || (status === 200 && isPage)) {
    await response.body?.cancel();
    return null;
  }
  if (status !== 200) {
    await response.body?.cancel();
    const advice =
      status === 401 || status === 403
        ? "Check the spelling of the model's name; private and gated models cannot be loaded."
        : "Try again later, or use another address.";
    throw new DownloadError(`${url} was answered with HTTP status ${status}. ${advice}`, {
      url,
      status,
    });
  }
  const encoded = isEncoded(response);
  return {
    start: 0,
    totalBytes: encoded ? null : contentLength(response),
    // The offsets of a compressed answer are not those of the bytes that come out of it.
    validator: encoded ? null : strongValidator(response),
    sha256: announcedSha256(response),
    body: bodyOf(response),
  };
}

function isEncoded({ headers }: Response): boolean {
  return (headers.get("Content-Encoding") ?? "identity") !== "identity";
}

function contentLength({ headers }: Response): number | null {
  const length = headers.get("Content-Length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : null;
}

function strongValidator({ headers }: Response): string | null {
  const etag = headers.get("ETag");
  if (etag !== null && !etag.startsWith("W/")) return etag;
  return headers.get("Last-Modified");
}

/**
 * Hugging Face tells the SHA-256 of large files as X-Linked-ETag, but on the redirect, which fetch
 * follows unseen: it reaches us from mirrors that send the file themselves. ETag will not do: that
 * of the content network is also 64 hexadecimal digits, but of another hash.
 */
function announcedSha256({ headers }: Response): string | null {
  const [, digest] = /^"?([0-9a-f]{64})"?$/i.exec(headers.get("X-Linked-ETag") ?? "") ?? [];
  return digest?.toLowerCase() ?? null;
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
}
