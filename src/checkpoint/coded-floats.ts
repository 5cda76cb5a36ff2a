import type { Kernels } from "../kernels/kernels.ts";
import { codedSlot } from "./coded-slot.ts";
import { damaged } from "./safetensors.ts";
import { floatSlot, type RowSink, type TensorSlot } from "./tensor-slot.ts";

/**
 * Slots for floats that a file has as coded int8 with a step for each row: convolutions and positions.
 * `sink` is handed float32, as by floatSlot. The steps must come before the codes.
 *
 * @param shape [rows, columns]
 */
export function codedFloatSlots(
  kernels: Kernels,
  shape: readonly [rows: number, columns: number],
  sink: RowSink,
): { steps: TensorSlot; codes: TensorSlot } {
  const { heap } = kernels;
  const [rows, columns] = shape;
  const step = new Float32Array(rows);
  let hasSteps = false;
  const steps = floatSlot(kernels, [rows], (values, row, count) => {
    step.set(heap.f32(values, count), row);
    hasSteps = true;
  });
  const codes = codedSlot(kernels, shape, (bytes, row, count) => {
    const floats = heap.allocateF32(count * columns);
    const from = new Int8Array(heap.u8(bytes, count * columns).slice().buffer);
    const to = heap.f32(floats, count * columns);
    for (let i = 0; i < to.length; i++) to[i] = from[i]! * step[row + Math.floor(i / columns)]!;
    sink(floats, row, count);
  });
  return {
    steps,
    codes: {
      check: codes.check,
      place(entry, reader, file) {
        if (hasSteps) return codes.place(entry, reader, file);
        const scale = entry.name.replace(/coded$/, "scale");
        const advice = "Recast the model again.";
        throw damaged(file, `${scale} before it`, "none", entry.name, advice);
      },
    },
  };
}
