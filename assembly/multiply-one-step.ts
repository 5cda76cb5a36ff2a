// Relaxed SIMD where the dot product of 4 int8 inputs into int32 is one instruction (ARM's, x64's VNNI).

export class OneStep {
  /** 12 sums, 2 vectors of the panel and 1 of codes are the 15 registers there are. */
  // @ts-ignore: decorator
  @inline get rows(): usize {
    return 6;
  }

  // @ts-ignore: decorator
  @inline add(sums: v128, weights: v128, codes: v128, ones: v128): v128 {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, codes, sums);
  }
}
