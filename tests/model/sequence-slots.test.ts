import { describe, expect, it } from "vitest";
import { SequenceSlots } from "../../src/model/sequence-slots.ts";
import { randomF32 } from "../fixtures/random.ts";

/** Four sequences that begin with the same two positions. */
function forked(): SequenceSlots {
  const slots = new SequenceSlots(4);
  slots.append(0, 2);
  slots.reorder([0, 0, 0, 0], 0);
  return slots;
}

describe("slots of sequences", () => {
  it("are each sequence's own at first", () => {
    const slots = new SequenceSlots(3);
    slots.append(1, 5);
    expect([0, 1, 2].map((i) => slots.slotOf(i))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((i) => slots.lengthOf(i))).toEqual([0, 5, 0]);
  });

  it("change places without copying", () => {
    const slots = new SequenceSlots(3);
    for (let i = 0; i < 3; i++) slots.append(i, i + 1);
    expect(slots.reorder([2, 0, 1], 0)).toEqual([]);
    expect([0, 1, 2].map((i) => slots.slotOf(i))).toEqual([2, 0, 1]);
    expect([0, 1, 2].map((i) => slots.lengthOf(i))).toEqual([3, 1, 2]);
  });

  it("are copied for every heir but the first", () => {
    const slots = new SequenceSlots(3);
    slots.append(0, 4);
    expect(slots.reorder([0, 0, 0], 0)).toEqual([
      { source: 0, target: 1, from: 0, to: 4 },
      { source: 0, target: 2, from: 0, to: 4 },
    ]);
    expect([0, 1, 2].map((i) => slots.lengthOf(i))).toEqual([4, 4, 4]);
  });

  it("are copied only where they differ, into the slot that differs least", () => {
    const slots = forked();
    for (let i = 0; i < 4; i++) slots.append(i, 1);
    // 1 goes on in two ways; 2 branches from 3, so that they have three positions in common.
    expect(slots.reorder([0, 1, 3, 3], 0)).toEqual([{ source: 3, target: 2, from: 2, to: 3 }]);
    for (let i = 0; i < 4; i++) slots.append(i, 1);
    expect(slots.reorder([2, 2], 1)).toEqual([{ source: 3, target: 1, from: 2, to: 4 }]);
    // 1, 2 and 3 now lie in slots 3, 1 and 2, of which three positions are the same.
    expect(slots.reorder([0, 1, 3, 3], 0)).toEqual([{ source: 2, target: 1, from: 3, to: 4 }]);
  });

  it("use what an earlier sequence left behind, until it is overwritten", () => {
    const slots = forked();
    slots.append(0, 3);
    slots.reorder([0], 1);
    slots.clear();
    expect([0, 1].map((i) => slots.lengthOf(i))).toEqual([0, 0]);
    slots.append(0, 1);
    // Position 0 was written anew, so nothing is common any more.
    expect(slots.reorder([0], 1)).toEqual([{ source: 0, target: 1, from: 0, to: 1 }]);
  });

  it("leave a source outside of those reordered as it is", () => {
    const slots = forked();
    slots.append(3, 2);
    expect(slots.reorder([3], 0)).toEqual([{ source: 3, target: 0, from: 2, to: 4 }]);
    expect([0, 1, 2, 3].map((i) => slots.lengthOf(i))).toEqual([4, 2, 2, 4]);
    expect(slots.reorder([3], 3)).toEqual([]);
  });

  it("hold what they should after any reordering", () => {
    const count = 5;
    const slots = new SequenceSlots(count);
    const random = randomF32(4000, 7).map((x) => Math.abs(x));
    let at = 0;
    const draw = (below: number) => Math.floor(random[at++ % random.length]! * below) % below;
    /** What is in memory, and what each sequence should read there. */
    const memory: number[][] = Array.from({ length: count }, () => []);
    let histories: number[][] = Array.from({ length: count }, () => []);
    for (let round = 0; round < 300; round++) {
      const first = draw(count);
      const sources = Array.from({ length: 1 + draw(count - first) }, () => draw(count));
      for (const { source, target, from, to } of slots.reorder(sources, first)) {
        for (let i = from; i < to; i++) memory[target]![i] = memory[source]![i]!;
      }
      const old = histories;
      histories = old.map((history, i) => {
        const source = sources[i - first];
        return source === undefined ? history : [...old[source]!];
      });
      const sequence = draw(count);
      const length = slots.lengthOf(sequence);
      slots.append(sequence, 2);
      for (let i = 0; i < 2; i++) {
        memory[slots.slotOf(sequence)]![length + i] = round * 2 + i;
        histories[sequence]!.push(round * 2 + i);
      }
      for (const [i, history] of histories.entries()) {
        expect(memory[slots.slotOf(i)]!.slice(0, slots.lengthOf(i))).toEqual(history);
      }
      expect(new Set(histories.map((_, i) => slots.slotOf(i))).size).toBe(count);
    }
  });
});
