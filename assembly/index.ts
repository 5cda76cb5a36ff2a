export * from "./attention/append-int8";
export {
  appendKeysValuesF32,
  attentionF32,
  attentionScratchF32,
  copyKeysValuesF32,
} from "./attention/attention";
export * from "./attention/attention-int8";
export {
  copyKeysValuesInt8,
  keyValuesBytesInt8,
  openKeyValuesInt8,
  unpackKeysInt8,
} from "./attention/key-values-int8";
export * from "./audio/fft";
export { logMelRowsF32, normaliseLogMelF32 } from "./audio/mel";
export * from "./hadamard/fwht";
export { hadamardRowsF32, rotateRowsF32, unrotateRowsF32 } from "./hadamard/hadamard";
export { cascadeRowsF32 } from "./linear/cascade";
export * from "./linear/conv1d";
export {
  buildCodeTables,
  codeTablesBytes,
  decodeCodes,
  decodeCodesScratch,
} from "./linear/decode-codes";
export { denseLinearRows, denseLinearScratch } from "./linear/dense-linear";
export { inputStepRowsF32 } from "./linear/input-step";
export * from "./linear/matmul-f32";
export { packRowsF32 } from "./linear/pack-f32";
export { packRowsInt4, packRowsInt8 } from "./linear/pack-weights";
export { quantiseRowsInt4, quantiseRowsInt8 } from "./linear/quantise-weights";
export { rotatedLinearRows, rotatedLinearScratch } from "./linear/rotated-linear";
export { dequantiseRow } from "./linear/unpack-weights";
export * from "./math/add";
export * from "./math/convert";
export { geluF32 } from "./math/gelu";
export * from "./math/layer-norm";
export * from "./math/logits";
export { softmaxRowsF32 } from "./math/softmax";
export * from "./self-test";
export { heapBase } from "./threads/control-block";
export {
  failThread,
  resetThreads,
  serveKernels,
  setThreads,
  stopThreads,
} from "./threads/parallel";
