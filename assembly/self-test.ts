import { multiplyPanel } from "./linear/multiply-panel";
import { PanelProduct } from "./linear/panel-product";
import { CODE_BYTES } from "./linear/quantise";

const ROWS: usize = 7; // a block of rows and single ones, in either build
const DEPTH: usize = 20; // five quads: whole strides of the inner loops, and a rest
const OFFSET: i32 = CODE_BYTES == 1 ? 64 : 0;

// Where things lie in the scratch.
const CODES: usize = 0;
const PANEL: usize = 512;
const ROW_SCALES: usize = 768;
const SUMS: usize = 832;
const OUTPUT: usize = 896;
const WIDENED: usize = 1152;
const PRODUCT: usize = 1472;
const END: usize = 1536;

/**
 * Whether this engine's SIMD multiplies as it should, extremes of both operands included: true
 * products of a small matrix by the micro-kernel against scalar arithmetic. The baseline compiler
 * of V8 11.3 (Node 20) accepts the relaxed dot product and gives twice its value.
 *
 * scratch: 1536 bytes.
 */
export function selfTest(scratch: usize): bool {
  memory.fill(scratch, 0, END);
  for (let row: usize = 0; row < ROWS; row++) {
    store<f32>(scratch + ROW_SCALES + (row << 2), 1);
    for (let k: usize = 0; k < DEPTH; k++) {
      const at = scratch + CODES + (row * DEPTH + k) * CODE_BYTES;
      if (CODE_BYTES == 1) store<u8>(at, <u8>(valueOf(row, k) + OFFSET));
      else store<i16>(at, <i16>valueOf(row, k));
    }
  }
  for (let column: usize = 0; column < 8; column++) {
    let sum: i32 = 0;
    for (let k: usize = 0; k < DEPTH; k++) {
      store<i8>(scratch + PANEL + (k >> 2) * 32 + column * 4 + (k & 3), <i8>weightOf(column, k));
      sum += weightOf(column, k);
    }
    store<i32>(scratch + SUMS + (column << 2), 64 * sum);
  }
  const product = changetype<PanelProduct>(scratch + PRODUCT);
  product.codes = scratch + CODES;
  product.codeStride = DEPTH * CODE_BYTES;
  product.rowScales = scratch + ROW_SCALES;
  product.rows = ROWS;
  product.panel = scratch + PANEL;
  product.depth = DEPTH;
  product.sums = scratch + SUMS;
  product.output = scratch + OUTPUT;
  product.outputStride = 32;
  product.widened = scratch + WIDENED;
  multiplyPanel(product);
  for (let row: usize = 0; row < ROWS; row++) {
    for (let column: usize = 0; column < 8; column++) {
      let expected: i32 = 0;
      for (let k: usize = 0; k < DEPTH; k++) expected += valueOf(row, k) * weightOf(column, k);
      if (load<f32>(scratch + OUTPUT + (row * 8 + column) * 4) != <f32>expected) return false;
    }
  }
  return true;
}

/** -63 .. 63; the first rows are its ends. */
function valueOf(row: usize, k: usize): i32 {
  if (row == 0) return 63;
  if (row == 1) return -63;
  return <i32>((row * 41 + k * 29) % 127) - 63;
}

/** -127 .. 127; the first columns are its ends. */
function weightOf(column: usize, k: usize): i32 {
  if (column == 0) return 127;
  if (column == 1) return -127;
  return <i32>((column * 89 + k * 53) % 255) - 127;
}
