/** What one slot takes over from another: positions [from, to); before `from` both hold the same. */
export interface SlotCopy {
  readonly source: number;
  readonly target: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Which slot of memory holds which sequence of tokens. Sequences change places by changing slots, so
 * nothing is copied but where one is to be continued in several ways; and of that only what the
 * other slot does not hold already, for hypotheses of one search mostly begin alike.
 *
 * Every position has a number that tells which feeding wrote it: where two slots have the same
 * number, they hold the same bytes.
 */
export class SequenceSlots {
  /** By sequence: its slot. */
  readonly #slots: number[];
  /** By slot: how many positions its sequence has. */
  readonly #lengths: number[];
  /** By slot: the number of each position, also of those left over from an earlier sequence. */
  readonly #numbers: number[][];
  #nextNumber = 0;

  /** `count` empty sequences, each in a slot of its own. */
  constructor(count: number) {
    this.#slots = Array.from({ length: count }, (_, i) => i);
    this.#lengths = this.#slots.map(() => 0);
    this.#numbers = this.#slots.map(() => []);
  }

  slotOf(sequence: number): number {
    return this.#slots[sequence]!;
  }

  lengthOf(sequence: number): number {
    return this.#lengths[this.slotOf(sequence)]!;
  }

  /** Notes that `count` positions were written at the sequence's end; what was left over is gone. */
  append(sequence: number, count: number): void {
    const slot = this.slotOf(sequence);
    const numbers = this.#numbers[slot]!;
    numbers.length = this.#lengths[slot]!;
    for (let i = 0; i < count; i++) numbers.push(this.#nextNumber++);
    this.#lengths[slot] = numbers.length;
  }

  /** Empties every sequence. */
  clear(): void {
    this.#lengths.fill(0);
  }

  /**
   * Sequence first + i becomes what sequence sources[i] was.
   *
   * @returns what is to be copied, in any order
   */
  reorder(sources: readonly number[], first: number): SlotCopy[] {
    const old = sources.map((source) => this.slotOf(source));
    const free = new Set(this.#slots.slice(first, first + sources.length));
    const copies: SlotCopy[] = [];
    const heirs: number[] = [];
    const next = old.map((slot, i) => {
      if (free.delete(slot)) return slot;
      heirs.push(i);
      return -1;
    });
    for (const slot of old) free.delete(slot);
    for (const heir of heirs) {
      const copy = this.#copy(old[heir]!, free);
      free.delete(copy.target);
      copies.push(copy);
      next[heir] = copy.target;
    }
    this.#slots.splice(first, next.length, ...next);
    return copies;
  }

  /** Lets the free slot that has most in common with `source` take it over. */
  #copy(source: number, free: ReadonlySet<number>): SlotCopy {
    const numbers = this.#numbers[source]!.slice(0, this.#lengths[source]);
    let best = { target: -1, from: -1 };
    for (const target of free) {
      const from = commonLength(numbers, this.#numbers[target]!);
      if (from > best.from) best = { target, from };
    }
    this.#numbers[best.target] = numbers;
    this.#lengths[best.target] = numbers.length;
    return { source, ...best, to: numbers.length };
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length++;
  return length;
}
