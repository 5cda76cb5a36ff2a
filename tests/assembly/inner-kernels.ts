// All kernels, and those that only other kernels call (tests/kernels/test-kernels.ts).
export * from "../../assembly/index";
export { multiplyPanelInt4, prepareRowInt4 } from "../../assembly/linear/multiply-int4";
export { multiplyPanel } from "../../assembly/linear/multiply-panel";
export { quantiseRow } from "../../assembly/linear/quantise";
export { widenPanelInt4 } from "../../assembly/linear/unpack-weights";
export { chooseDot } from "./chosen-dot";
