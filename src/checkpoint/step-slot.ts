import type { Kernels } from "../kernels/kernels.ts";
import { floatSlot, type RowSink, type TensorSlot } from "./tensor-slot.ts";

/**
 * A slot for the steps of coded weights, F32, F16 or BF16: [rows], or [1] for one that all rows
 * share. `sink` is handed F32 [rowCount], in either case for all `rows` in the end.
 */
export function stepSlot(kernels: Kernels, rows: number, sink: RowSink): TensorSlot {
  const each = floatSlot(kernels, [rows], sink);
  const shared = floatSlot(kernels, [1], (values) => {
    const { heap } = kernels;
    const [step] = heap.f32(values, 1);
    const steps = heap.allocateF32(rows);
    heap.f32(steps, rows).fill(step!);
    sink(steps, 0, rows);
  });
  const slotOf = (shape: readonly number[]) => (shape.join() === "1" ? shared : each);
  return {
    check: (entry, file) => slotOf(entry.shape).check(entry, file),
    place: (entry, ...source) => slotOf(entry.shape).place(entry, ...source),
  };
}
