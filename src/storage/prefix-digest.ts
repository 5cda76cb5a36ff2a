import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** The running SHA-256 of a file's first chunks. Extending it gives another and leaves it as it is. */
export class PrefixDigest {
  static readonly empty = new PrefixDigest(sha256.create(), 0, 0);

  readonly chunkCount: number;
  readonly byteLength: number;
  readonly #hash: ReturnType<typeof sha256.create>;

  private constructor(
    hash: ReturnType<typeof sha256.create>,
    chunkCount: number,
    byteLength: number,
  ) {
    this.#hash = hash;
    this.chunkCount = chunkCount;
    this.byteLength = byteLength;
  }

  extendedBy(chunk: Uint8Array): PrefixDigest {
    const hash = this.#hash.clone().update(chunk);
    return new PrefixDigest(hash, this.chunkCount + 1, this.byteLength + chunk.length);
  }

  hex(): string {
    return bytesToHex(this.#hash.clone().digest());
  }
}
