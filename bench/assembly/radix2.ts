// The Walsh-Hadamard transform as textbooks have it: one pass over the row for each of its levels,
// in SIMD. What the product's transform gains by its larger radices is measured against it.

/** data: [rows, n] float32, n = 2^k of at least 8, in place, natural order, orthonormal. */
export function radix2RowsF32(data: usize, rows: usize, n: usize): void {
  const rowBytes = n << 2;
  const scales = f32x4.splat(1 / sqrt<f32>(<f32>n));
  for (const end = data + rows * rowBytes; data < end; data += rowBytes) {
    insideVectors(data, data + rowBytes, scales);
    for (let stride: usize = 16; stride < rowBytes; stride <<= 1) {
      pass(data, data + rowBytes, stride);
    }
  }
}

/** Levels 1 and 2: within each vector of 4. */
function insideVectors(p: usize, end: usize, scales: v128): void {
  for (; p < end; p += 16) {
    const v = f32x4.mul(v128.load(p), scales);
    const pairs = f32x4.add(
      v128.shuffle<f32>(v, v, 0, 0, 2, 2),
      v128.xor(v128.shuffle<f32>(v, v, 1, 1, 3, 3), f32x4(0, -0, 0, -0)),
    );
    v128.store(
      p,
      f32x4.add(
        v128.shuffle<f32>(pairs, pairs, 0, 1, 0, 1),
        v128.xor(v128.shuffle<f32>(pairs, pairs, 2, 3, 2, 3), f32x4(0, 0, -0, -0)),
      ),
    );
  }
}

/** One level: the runs of `stride` bytes, two by two. */
function pass(block: usize, end: usize, stride: usize): void {
  for (; block < end; block += stride << 1) {
    for (let p = block, stop = block + stride; p < stop; p += 16) {
      const a = v128.load(p);
      const b = v128.load(p + stride);
      v128.store(p, f32x4.add(a, b));
      v128.store(p + stride, f32x4.sub(a, b));
    }
  }
}
