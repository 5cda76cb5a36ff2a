// All kernels, and those that only other kernels call (tests/kernels/test-kernels.ts).
export * from "../../assembly/index";
export { prepareRowInt4, multiplyPanelInt4 } from "../../assembly/linear/multiply-int4";
export { multiplyPanelInt4Pair } from "../../assembly/linear/multiply-int4-pair";
export { multiplyPanel } from "../../assembly/linear/multiply-panel";
export { quantiseRow } from "../../assembly/linear/quantise";
export { widenPanelInt4 } from "../../assembly/linear/unpack-weights";
export { chooseDot } from "./chosen-dot";
