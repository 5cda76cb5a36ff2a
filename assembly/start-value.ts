/** What sums begin with: -64 times the sum of each column's weights, the excess of codes with offset. */
// @ts-ignore: decorator
@inline
export function startValue(sums: usize, offset: usize): v128 {
  return sums == 0 ? i32x4.splat(0) : i32x4.neg(v128.load(sums + offset));
}
