// All kernels, and those that only other kernels call. Compiled with relaxed SIMD and with
// chosen-dot.ts (e2e/fixtures/relaxed-module.ts).
export * from "../../assembly/index";
export { prepareRowInt4, multiplyPanelInt4 } from "../../assembly/multiply-int4";
export { multiplyPanelInt4Pair } from "../../assembly/multiply-int4-pair";
export { multiplyPanel } from "../../assembly/multiply-panel";
export { quantiseRow } from "../../assembly/quantise";
export { chooseDot } from "./chosen-dot";
