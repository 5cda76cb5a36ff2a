// All kernels, and those that only other kernels call (tests/kernels/test-kernels.ts).
export * from "../../assembly/index";
export { prepareRowInt4 } from "../../assembly/linear/multiply-row-int4";
export { multiplyPanelInt4 } from "../../assembly/linear/multiply-panel-int4";
export { multiplyPanel } from "../../assembly/linear/multiply-panel";
export { quantiseRow } from "../../assembly/linear/quantise";
export { widenPanelInt4 } from "../../assembly/linear/unpack-weights";
export { chooseDot } from "./chosen-dot";
