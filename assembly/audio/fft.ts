// Discrete Fourier transform of real frames, four frames at once: element i of the four frames is one
// f32x4, so each scalar operation of the textbook is one SIMD operation and nothing is shuffled.
//
// The n real samples of a frame are read as n / 2 complex numbers (even sample + i * odd sample; two
// different frames packed into one complex signal would lose the quieter one's precision), go through
// a complex transform and are then separated. The complex transform is Stockham's: it sorts itself
// while it moves from one buffer to the other, a factor of n / 2 at a time:
//
//   for p < m = length / radix, q < stride, j < radix, starting with length = n / 2, stride = 1:
//     y[q + stride (radix p + j)] = w_length^(p j) * sum over k of x[q + stride (p + m k)] w_radix^(j k)
//
// with w_N = e^(-2 pi i / N). Then length <- m, stride <- stride * radix.
//
// The tables come from the host in double precision (src/features/fft-plan.ts).

/** Bytes of a complex number in four lanes: the real parts, then the imaginary parts. */
const COMPLEX: usize = 32;
/** Bytes of a twiddle factor: cosine, sine. */
const TWIDDLE: usize = 8;

/**
 * data: on entry [n] f32x4, the samples of four frames; on return [n / 2 + 1][2] f32x4, the real and
 * imaginary parts of the bins 0 .. n / 2. n: even.
 * factors: i32 [factorCount], their product is n / 2. twiddles: cosines and sines in the order of
 * their use. scratch: as large as data, n + 2 f32x4.
 */
export function realFftF32x4(
  data: usize,
  n: usize,
  factors: usize,
  factorCount: usize,
  twiddles: usize,
  scratch: usize,
): void {
  let x = data;
  let y = scratch;
  let length = n >> 1;
  let strideBytes = COMPLEX;
  for (let i: usize = 0; i < factorCount; i++) {
    const radix = <usize>load<u32>(factors + (i << 2));
    const m = length / radix;
    if (radix == 4) stage4(x, y, m, strideBytes, twiddles);
    else if (radix == 2) stage2(x, y, m, strideBytes, twiddles);
    else if (radix == 3) stage3(x, y, m, strideBytes, twiddles);
    else if (radix == 5) stage5(x, y, m, strideBytes, twiddles);
    else {
      stageAny(x, y, radix, m, strideBytes, twiddles);
      twiddles += radix * TWIDDLE;
    }
    twiddles += m * (radix - 1) * TWIDDLE;
    length = m;
    strideBytes *= radix;
    const swap = x;
    x = y;
    y = swap;
  }
  separate(x, data, n >> 1, twiddles);
}

/**
 * From the transform z of even + i * odd samples, `half` = n / 2 long, to the bins of the frame:
 * with even_k = (z_k + conj z_(half-k)) / 2 and i odd_k = (z_k - conj z_(half-k)) / 2,
 * bin_k = even_k + w_n^k odd_k and bin_(half-k) = conj(even_k - w_n^k odd_k). z and bins may be the same.
 */
function separate(z: usize, bins: usize, half: usize, twiddles: usize): void {
  const firstRe = v128.load(z);
  const firstIm = v128.load(z, 16);
  const zero = f32x4.splat(0);
  const last = half * COMPLEX;
  storeComplex(bins, f32x4.add(firstRe, firstIm), zero);
  storeComplex(bins + last, f32x4.sub(firstRe, firstIm), zero);
  const oneHalf = f32x4.splat(0.5);
  let up = COMPLEX;
  let down = last - COMPLEX;
  for (; up <= down; up += COMPLEX, down -= COMPLEX, twiddles += TWIDDLE) {
    const aRe = v128.load(z + up);
    const aIm = v128.load(z + up, 16);
    const bRe = v128.load(z + down);
    const bIm = v128.load(z + down, 16);
    const evenRe = f32x4.mul(f32x4.add(aRe, bRe), oneHalf);
    const evenIm = f32x4.mul(f32x4.sub(aIm, bIm), oneHalf);
    const oddRe = f32x4.mul(f32x4.add(aIm, bIm), oneHalf);
    const oddIm = f32x4.mul(f32x4.sub(bRe, aRe), oneHalf);
    const cosine = v128.load32_splat(twiddles);
    const sine = v128.load32_splat(twiddles, 4);
    const turnedRe = f32x4.sub(f32x4.mul(oddRe, cosine), f32x4.mul(oddIm, sine));
    const turnedIm = f32x4.add(f32x4.mul(oddRe, sine), f32x4.mul(oddIm, cosine));
    storeComplex(bins + down, f32x4.sub(evenRe, turnedRe), f32x4.sub(turnedIm, evenIm));
    storeComplex(bins + up, f32x4.add(evenRe, turnedRe), f32x4.add(evenIm, turnedIm));
  }
}

function stage2(x: usize, y: usize, m: usize, stride: usize, twiddles: usize): void {
  const step = m * stride;
  for (; m > 0; m--, y += stride, twiddles += TWIDDLE) {
    for (const end = x + stride; x < end; x += COMPLEX, y += COMPLEX) {
      const aRe = v128.load(x);
      const aIm = v128.load(x, 16);
      const bRe = v128.load(x + step);
      const bIm = v128.load(x + step, 16);
      storeComplex(y, f32x4.add(aRe, bRe), f32x4.add(aIm, bIm));
      storeTurned(y + stride, f32x4.sub(aRe, bRe), f32x4.sub(aIm, bIm), twiddles);
    }
  }
}

function stage3(x: usize, y: usize, m: usize, stride: usize, twiddles: usize): void {
  const step = m * stride;
  const sin60 = f32x4.splat(0.8660254037844386);
  const half = f32x4.splat(0.5);
  for (; m > 0; m--, y += stride << 1, twiddles += TWIDDLE << 1) {
    for (const end = x + stride; x < end; x += COMPLEX, y += COMPLEX) {
      const aRe = v128.load(x);
      const aIm = v128.load(x, 16);
      const bRe = v128.load(x + step);
      const bIm = v128.load(x + step, 16);
      const cRe = v128.load(x + 2 * step);
      const cIm = v128.load(x + 2 * step, 16);
      const sumRe = f32x4.add(bRe, cRe);
      const sumIm = f32x4.add(bIm, cIm);
      const midRe = f32x4.sub(aRe, f32x4.mul(half, sumRe));
      const midIm = f32x4.sub(aIm, f32x4.mul(half, sumIm));
      // -i sin 60 (b - c)
      const turnRe = f32x4.mul(sin60, f32x4.sub(bIm, cIm));
      const turnIm = f32x4.mul(sin60, f32x4.sub(cRe, bRe));
      storeComplex(y, f32x4.add(aRe, sumRe), f32x4.add(aIm, sumIm));
      storeTurned(y + stride, f32x4.add(midRe, turnRe), f32x4.add(midIm, turnIm), twiddles);
      storeTurned(
        y + 2 * stride,
        f32x4.sub(midRe, turnRe),
        f32x4.sub(midIm, turnIm),
        twiddles + TWIDDLE,
      );
    }
  }
}

function stage4(x: usize, y: usize, m: usize, stride: usize, twiddles: usize): void {
  const step = m * stride;
  for (; m > 0; m--, y += 3 * stride, twiddles += 3 * TWIDDLE) {
    for (const end = x + stride; x < end; x += COMPLEX, y += COMPLEX) {
      const aRe = v128.load(x);
      const aIm = v128.load(x, 16);
      const bRe = v128.load(x + step);
      const bIm = v128.load(x + step, 16);
      const cRe = v128.load(x + 2 * step);
      const cIm = v128.load(x + 2 * step, 16);
      const dRe = v128.load(x + 3 * step);
      const dIm = v128.load(x + 3 * step, 16);
      const evenRe = f32x4.add(aRe, cRe);
      const evenIm = f32x4.add(aIm, cIm);
      const oddRe = f32x4.add(bRe, dRe);
      const oddIm = f32x4.add(bIm, dIm);
      const downRe = f32x4.sub(aRe, cRe);
      const downIm = f32x4.sub(aIm, cIm);
      // -i (b - d)
      const turnRe = f32x4.sub(bIm, dIm);
      const turnIm = f32x4.sub(dRe, bRe);
      storeComplex(y, f32x4.add(evenRe, oddRe), f32x4.add(evenIm, oddIm));
      storeTurned(y + stride, f32x4.add(downRe, turnRe), f32x4.add(downIm, turnIm), twiddles);
      storeTurned(
        y + 2 * stride,
        f32x4.sub(evenRe, oddRe),
        f32x4.sub(evenIm, oddIm),
        twiddles + TWIDDLE,
      );
      storeTurned(
        y + 3 * stride,
        f32x4.sub(downRe, turnRe),
        f32x4.sub(downIm, turnIm),
        twiddles + 2 * TWIDDLE,
      );
    }
  }
}

function stage5(x: usize, y: usize, m: usize, stride: usize, twiddles: usize): void {
  const step = m * stride;
  const cos72 = f32x4.splat(0.30901699437494745);
  const sin72 = f32x4.splat(0.9510565162951535);
  const minusSin72 = f32x4.neg(sin72);
  const cos144 = f32x4.splat(-0.8090169943749475);
  const sin144 = f32x4.splat(0.5877852522924731);
  for (; m > 0; m--, y += 4 * stride, twiddles += 4 * TWIDDLE) {
    for (const end = x + stride; x < end; x += COMPLEX, y += COMPLEX) {
      const aRe = v128.load(x);
      const aIm = v128.load(x, 16);
      const bRe = v128.load(x + step);
      const bIm = v128.load(x + step, 16);
      const cRe = v128.load(x + 2 * step);
      const cIm = v128.load(x + 2 * step, 16);
      const dRe = v128.load(x + 3 * step);
      const dIm = v128.load(x + 3 * step, 16);
      const eRe = v128.load(x + 4 * step);
      const eIm = v128.load(x + 4 * step, 16);
      const outerRe = f32x4.add(bRe, eRe);
      const outerIm = f32x4.add(bIm, eIm);
      const innerRe = f32x4.add(cRe, dRe);
      const innerIm = f32x4.add(cIm, dIm);
      // -i (b - e) and -i (c - d)
      const outerTurnRe = f32x4.sub(bIm, eIm);
      const outerTurnIm = f32x4.sub(eRe, bRe);
      const innerTurnRe = f32x4.sub(cIm, dIm);
      const innerTurnIm = f32x4.sub(dRe, cRe);
      storeComplex(
        y,
        f32x4.add(aRe, f32x4.add(outerRe, innerRe)),
        f32x4.add(aIm, f32x4.add(outerIm, innerIm)),
      );
      const nearRe = f32x4.add(aRe, blend(outerRe, cos72, innerRe, cos144));
      const nearIm = f32x4.add(aIm, blend(outerIm, cos72, innerIm, cos144));
      const farRe = f32x4.add(aRe, blend(outerRe, cos144, innerRe, cos72));
      const farIm = f32x4.add(aIm, blend(outerIm, cos144, innerIm, cos72));
      const nearTurnRe = blend(outerTurnRe, sin72, innerTurnRe, sin144);
      const nearTurnIm = blend(outerTurnIm, sin72, innerTurnIm, sin144);
      const farTurnRe = blend(outerTurnRe, sin144, innerTurnRe, minusSin72);
      const farTurnIm = blend(outerTurnIm, sin144, innerTurnIm, minusSin72);
      storeTurned(
        y + stride,
        f32x4.add(nearRe, nearTurnRe),
        f32x4.add(nearIm, nearTurnIm),
        twiddles,
      );
      storeTurned(
        y + 2 * stride,
        f32x4.add(farRe, farTurnRe),
        f32x4.add(farIm, farTurnIm),
        twiddles + TWIDDLE,
      );
      storeTurned(
        y + 3 * stride,
        f32x4.sub(farRe, farTurnRe),
        f32x4.sub(farIm, farTurnIm),
        twiddles + 2 * TWIDDLE,
      );
      storeTurned(
        y + 4 * stride,
        f32x4.sub(nearRe, nearTurnRe),
        f32x4.sub(nearIm, nearTurnIm),
        twiddles + 3 * TWIDDLE,
      );
    }
  }
}

/** Any other radix by its definition; its roots of unity stand before the twiddles. */
function stageAny(x: usize, y: usize, radix: usize, m: usize, stride: usize, roots: usize): void {
  const step = m * stride;
  let twiddles = roots + radix * TWIDDLE;
  for (; m > 0; m--, y += (radix - 1) * stride, twiddles += (radix - 1) * TWIDDLE) {
    for (const end = x + stride; x < end; x += COMPLEX, y += COMPLEX) {
      for (let j: usize = 0; j < radix; j++) {
        let re = v128.load(x);
        let im = v128.load(x, 16);
        let root = j;
        for (let k: usize = 1; k < radix; k++) {
          const cosine = v128.load32_splat(roots + root * TWIDDLE);
          const sine = v128.load32_splat(roots + root * TWIDDLE, 4);
          const aRe = v128.load(x + k * step);
          const aIm = v128.load(x + k * step, 16);
          re = f32x4.add(re, f32x4.sub(f32x4.mul(aRe, cosine), f32x4.mul(aIm, sine)));
          im = f32x4.add(im, f32x4.add(f32x4.mul(aRe, sine), f32x4.mul(aIm, cosine)));
          root += j;
          if (root >= radix) root -= radix;
        }
        if (j == 0) storeComplex(y, re, im);
        else storeTurned(y + j * stride, re, im, twiddles + (j - 1) * TWIDDLE);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function blend(u: v128, uWeight: v128, v: v128, vWeight: v128): v128 {
  return f32x4.add(f32x4.mul(u, uWeight), f32x4.mul(v, vWeight));
}

// @ts-ignore: decorator
@inline
function storeComplex(p: usize, re: v128, im: v128): void {
  v128.store(p, re);
  v128.store(p, im, 16);
}

/** Stores re + i im, multiplied by the twiddle factor. */
// @ts-ignore: decorator
@inline
function storeTurned(p: usize, re: v128, im: v128, twiddle: usize): void {
  const cosine = v128.load32_splat(twiddle);
  const sine = v128.load32_splat(twiddle, 4);
  v128.store(p, f32x4.sub(f32x4.mul(re, cosine), f32x4.mul(im, sine)));
  v128.store(p, f32x4.add(f32x4.mul(re, sine), f32x4.mul(im, cosine)), 16);
}
