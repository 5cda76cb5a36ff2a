/** What an attention kernel is asked for. */
export interface AttentionShape {
  readonly rows: number;
  readonly keyCount: number;
  readonly heads: number;
  readonly headSize: number;
  readonly causal: boolean;
}

/**
 * The specification: softmax(q kᵀ / sqrt(headSize)) v per head, in double precision. q: [rows,
 * heads * headSize]; k, v: [keyCount, heads * headSize].
 */
export function naiveAttention(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  shape: AttentionShape,
): Float64Array {
  const { rows, keyCount, heads, headSize, causal } = shape;
  const width = heads * headSize;
  const output = new Float64Array(rows * width);
  for (let head = 0; head < heads; head++) {
    for (let r = 0; r < rows; r++) {
      const seen = causal ? keyCount - rows + r + 1 : keyCount;
      const at = (row: number, i: number) => row * width + head * headSize + i;
      const scores = Array.from({ length: seen }, (_, key) => {
        let dot = 0;
        for (let i = 0; i < headSize; i++) dot += q[at(r, i)]! * k[at(key, i)]!;
        return dot / Math.sqrt(headSize);
      });
      const maximum = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - maximum));
      const sum = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, key) => {
        for (let i = 0; i < headSize; i++) output[at(r, i)]! += (weight / sum) * v[at(key, i)]!;
      });
    }
  }
  return output;
}

/** Rows laid `stride` apart, as they lie beside others in the result of one projection. */
export function spread(rows: Float32Array, width: number, stride: number): Float32Array {
  const target = new Float32Array((rows.length / width) * stride).fill(Number.NaN);
  for (let r = 0; r * width < rows.length; r++) {
    target.set(rows.subarray(r * width, (r + 1) * width), r * stride);
  }
  return target;
}
