// Rows of activation codes by one panel of 8 int8 columns: what linear layers and attention are made
// of. Sums are int32, exact; scales, bias and what is there already come in when a sum is stored.
//
// A panel is [depth / 4][8 columns][4 inputs]: one sequential stream for a single row, and for many
// rows small enough to stay in the first-level cache. How many rows go at a time is measured; nothing
// is unrolled by hand but the single row, whose sums would wait for each other.

import { multiply1OneStep, multiply6OneStep } from "./multiply-one-step";
import { multiply1Plain, multiply4Plain, widenPanel } from "./multiply-plain";
import { dotHasTwoSteps, multiply1TwoSteps, multiply5TwoSteps } from "./multiply-two-steps";

/**
 * output[r, j] = (ACCUMULATE ? output[r, j] : 0) + bias[j]
 *              + rowScales[r] * columnScales[j] * sum over k of value(codes[r, k]) * panel[j, k]
 *
 * codes: [rows, depth] as quantise.ts makes them, `codeStride` bytes between rows; depth a multiple
 * of 4. rowScales: F32 [rows]. sums: I32 [8], 64 times each column's sum of weights; 0 where codes
 * have no offset (0 .. 127). columnScales: F32 [8], 0 for ones. bias: F32 [8], 0 for none.
 * output: F32, `outputStride` bytes between rows; all 8 columns are stored.
 * widened: scratch of depth * 16 bytes, used by plain SIMD only.
 */
export function multiplyPanel(
  codes: usize,
  codeStride: usize,
  rowScales: usize,
  rows: usize,
  panel: usize,
  depth: usize,
  sums: usize,
  columnScales: usize,
  bias: usize,
  output: usize,
  outputStride: usize,
  mode: u32,
  widened: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (dotHasTwoSteps()) {
      for (; rows >= 5; rows -= 5, codes += 5 * codeStride) {
        multiply5TwoSteps(
          codes,
          codeStride,
          rowScales,
          panel,
          depth,
          sums,
          columnScales,
          bias,
          output,
          outputStride,
          mode,
        );
        output += 5 * outputStride;
        rowScales += 20;
      }
      for (; rows > 0; rows--, codes += codeStride, output += outputStride, rowScales += 4) {
        multiply1TwoSteps(codes, rowScales, panel, depth, sums, columnScales, bias, output, mode);
      }
      return;
    }
    for (; rows >= 6; rows -= 6, codes += 6 * codeStride) {
      multiply6OneStep(
        codes,
        codeStride,
        rowScales,
        panel,
        depth,
        sums,
        columnScales,
        bias,
        output,
        outputStride,
        mode,
      );
      output += 6 * outputStride;
      rowScales += 24;
    }
    for (; rows > 0; rows--, codes += codeStride, output += outputStride, rowScales += 4) {
      multiply1OneStep(codes, rowScales, panel, depth, sums, columnScales, bias, output, mode);
    }
  } else {
    if (rows >= 4) widenPanel(panel, depth, widened);
    for (; rows >= 4; rows -= 4, codes += 4 * codeStride) {
      multiply4Plain(
        codes,
        codeStride,
        rowScales,
        widened,
        depth,
        columnScales,
        bias,
        output,
        outputStride,
        mode,
      );
      output += 4 * outputStride;
      rowScales += 16;
    }
    for (; rows > 0; rows--, codes += codeStride, output += outputStride, rowScales += 4) {
      multiply1Plain(codes, rowScales, panel, depth, columnScales, bias, output, mode);
    }
  }
}
