/** target += source over `count` float32: the position embedding onto the frames. */
export function addF32(target: usize, source: usize, count: usize): void {
  const end4 = target + ((count & ~3) << 2);
  const end = target + (count << 2);
  for (; target < end4; target += 16, source += 16) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
  }
  for (; target < end; target += 4, source += 4) {
    store<f32>(target, load<f32>(target) + load<f32>(source));
  }
}
