export * from "./add";
export * from "./attention";
export * from "./conv1d";
export * from "./convert";
export * from "./gelu";
export * from "./heap-base";
export * from "./layer-norm";
export * from "./matmul-f32";
export { softmaxRowsF32 } from "./softmax";
