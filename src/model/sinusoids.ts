/**
 * The encoder's positions (whisper/model.py, `sinusoids`): half of each row are sines, half cosines, of
 * wavelengths from 2 pi to 20000 pi positions.
 *
 * @returns F32 [positions, width]
 */
export function sinusoids(positions: number, width: number): Float32Array {
  const half = Math.floor(width / 2);
  const increment = Math.log(10000) / (half - 1);
  const values = new Float32Array(positions * width);
  for (let i = 0; i < half; i++) {
    const rate = Math.exp(-increment * i);
    for (let position = 0; position < positions; position++) {
      values[position * width + i] = Math.sin(position * rate);
      values[position * width + half + i] = Math.cos(position * rate);
    }
  }
  return values;
}
