import { MemoryLimitError } from "../errors.ts";
import type { KernelMemory } from "./memory.ts";

const PAGE_BYTES = 65536;
/** One cache line: no kernel operand straddles a line it need not. */
const ALIGNMENT = 64;

// Where the engine has none (Safari), what compilers make of `using` looks for this one.
(Symbol as { dispose?: symbol }).dispose ??= Symbol.for("Symbol.dispose");

/**
 * The allocator of a kernel instance's linear memory: a stack that only grows until `release`.
 *
 * Kernels allocate nothing. Weights are allocated first and stay; scratch is taken between
 * `mark()` and `release()`. Growing the memory detaches every typed array made before, or, where it
 * is shared, leaves them blind to what is new: views are made where they are used and never kept.
 * What refuses shared memory (TextDecoder, crypto, structured clones to elsewhere) is given a
 * `slice()`, which is a copy of its own.
 */
export class Heap {
  /** How far the memory may grow. */
  readonly limitBytes: number;
  readonly #memory: WebAssembly.Memory;
  #top: number;
  #peak: number;

  /** `base`: first free byte, after the module's own static data. */
  constructor({ memory, limitBytes }: KernelMemory, base: number) {
    this.limitBytes = limitBytes;
    this.#memory = memory;
    this.#top = align(base);
    this.#peak = this.#top;
  }

  /** Bytes of linear memory in use at the highest point so far. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** Bytes from 0 to the end of the newest allocation. */
  get usedBytes(): number {
    return this.#top;
  }

  /** A pointer to `byteLength` bytes aligned to 64, not zeroed. Throws MemoryLimitError past the limit. */
  allocate(byteLength: number): number {
    const pointer = this.#top;
    const end = align(pointer + byteLength);
    const missing = end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#grow(end, missing);
    this.#top = end;
    this.#peak = Math.max(this.#peak, end);
    return pointer;
  }

  /** Room for `length` float32, not zeroed. */
  allocateF32(length: number): number {
    return this.allocate(length * 4);
  }

  /** A copy of `values` in linear memory. */
  copyF32(values: ArrayLike<number>): number {
    const pointer = this.allocateF32(values.length);
    this.f32(pointer, values.length).set(values);
    return pointer;
  }

  copyI32(values: ArrayLike<number>): number {
    const pointer = this.allocate(values.length * 4);
    this.i32(pointer, values.length).set(values);
    return pointer;
  }

  /** Frees, when disposed, everything allocated since: `using scope = heap.scope()`. */
  scope(): Disposable {
    const mark = this.mark();
    return { [Symbol.dispose]: () => this.release(mark) };
  }

  mark(): number {
    return this.#top;
  }

  /** Frees everything allocated since `mark` was taken. */
  release(mark: number): void {
    this.#top = mark;
  }

  /** A view that is valid until the next allocation. */
  f32(pointer: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, pointer, length);
  }

  i32(pointer: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, pointer, length);
  }

  u8(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, length);
  }

  #grow(end: number, missing: number): void {
    const refuse = () =>
      new MemoryLimitError(
        `WebAssembly memory is full: at least ${megabytes(end)} MB are needed, ${megabytes(this.limitBytes)} MB is the most there can be here. Use a smaller model.`,
        { neededBytes: end, limitBytes: this.limitBytes },
      );
    if (end > this.limitBytes) throw refuse();
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch {
      throw refuse();
    }
  }
}

function align(address: number): number {
  return Math.ceil(address / ALIGNMENT) * ALIGNMENT;
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
