/** Reads exact byte counts from a stream. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Bytes handed out so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes, fewer only where the stream ends; valid until the next read. */
  async read(length: number): Promise<Uint8Array> {
    if (this.#chunk.length < length) await this.#gather(length);
    const bytes = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(bytes.length);
    this.#position += bytes.length;
    return bytes;
  }

  /** Stops the source. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }

  async #gather(length: number): Promise<void> {
    const parts = [this.#chunk];
    let total = this.#chunk.length;
    while (total < length) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      parts.push(value);
      total += value.length;
    }
    const joined = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    this.#chunk = joined;
  }
}
