// Kernels of 4-bit weights that only other kernels call.
export { prepareRowInt4, multiplyPanelInt4 } from "../../assembly/multiply-int4";
export { multiplyPanelInt4Pair } from "../../assembly/multiply-int4-pair";
export { packRowsInt4 } from "../../assembly/pack-weights";
export { widenPanelInt4 } from "../../assembly/unpack-weights";
export { heapBase } from "../../assembly/control-block";
