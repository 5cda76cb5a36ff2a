export * from "./add";
export * from "./append-int8";
export * from "./attention";
export * from "./attention-int8";
export * from "./attention-scores-int8";
export { buildCodeTables, codeTablesBytes } from "./code-tables";
export * from "./conv1d";
export * from "./convert";
export * from "./copy-int8";
export { decodeCodes, decodeCodesScratch } from "./decode-codes";
export * from "./dense-linear";
export { geluF32 } from "./gelu";
export { inputStepRowsF32 } from "./input-step";
export * from "./rotated-linear";
export { heapBase } from "./control-block";
export {
  failThread,
  resetThreads,
  serveKernels,
  setThreads,
  stopThreads,
} from "./parallel";
export { keyValuesBytesInt8, openKeyValuesInt8 } from "./key-values-int8";
export * from "./largest";
export * from "./layer-norm";
export * from "./log-sum-exp";
export * from "./matmul-f32";
export { packRowsF32 } from "./pack-f32";
export { packRowsInt4, packRowsInt8 } from "./pack-weights";
export { dequantiseRow } from "./unpack-weights";
export { quantiseRowsInt4, quantiseRowsInt8 } from "./quantise-weights";
export { softmaxRowsF32 } from "./softmax";
export * from "./cascade";
export * from "./fft";
export * from "./fwht";
export { hadamardRowsF32, rotateRowsF32, unrotateRowsF32 } from "./hadamard";
export * from "./mel";
export * from "./self-test";
