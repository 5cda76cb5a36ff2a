import { encodeCodes } from "./encode-codes.ts";
import { bytesOfFloats, type TensorBytes } from "./rotated-matrix.ts";
import { codeBySteps } from "./row-quantiser.ts";

/** The step as a share of the matrix's root mean square: noise 35 dB below it. */
const SHARE = 0.06;

/**
 * A tensor that is no linear layer (convolutions, positions) as coded int8, `name`.coded with a step a
 * row, `name`.scale, which comes first: it is multiplied out while it loads.
 *
 * @param values F32 [rows, the rest]
 */
export function codeFloats(name: string, values: Float32Array, rows: number): TensorBytes[] {
  const columns = values.length / rows;
  const energy = values.reduce((sum, value) => sum + value * value, 0);
  const wanted = SHARE * Math.sqrt(energy / values.length);
  const codes = new Int8Array(values.length);
  const steps = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    const peak = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const step = Math.fround(Math.max(wanted, peak / 127)) || 1;
    steps[row] = step;
    codes.set(
      own.map((value) => codeBySteps(value, step, 1)),
      row * columns,
    );
  }
  const bytes = encodeCodes(codes, rows, columns, new Uint8Array(columns).fill(1));
  return [
    {
      entry: { name: `${name}.scale`, dtype: "F32", shape: [rows], byteLength: rows * 4 },
      bytes: bytesOfFloats(steps),
    },
    {
      entry: {
        name: `${name}.coded`,
        dtype: "U8",
        shape: [bytes.length],
        byteLength: bytes.length,
      },
      bytes,
    },
  ];
}
