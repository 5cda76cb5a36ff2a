export * from "./add";
export * from "./attention";
export * from "./attention-int8";
export * from "./conv1d";
export * from "./convert";
export * from "./dense-linear";
export { geluF32 } from "./gelu";
export { inputStepRowsF32 } from "./input-step";
export * from "./rotated-linear";
export { sumRotatedRows } from "./row-mean";
export { heapBase, resetThreads, serveKernels, setThreads, stopThreads } from "./parallel";
export {
  appendKeysValuesInt8,
  appendScratchInt8,
  keyValuesBytesInt8,
  openKeyValuesInt8,
} from "./key-values-int8";
export * from "./layer-norm";
export * from "./log-sum-exp";
export * from "./matmul-f32";
export { packRowsInt4, packRowsInt8 } from "./pack-weights";
export { dequantiseRow } from "./unpack-weights";
export { quantiseRowsInt4, quantiseRowsInt8 } from "./quantise-weights";
export { softmaxRowsF32 } from "./softmax";
export * from "./cascade";
export * from "./fft";
export * from "./fwht";
export * from "./hadamard";
export * from "./mel";
export * from "./self-test";
