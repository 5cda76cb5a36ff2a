import { benchBatch } from "./batch.ts";
import { benchDecode } from "./decode.ts";
import { benchDecodeCodes } from "./decode-codes.ts";
import { benchEncode } from "./encode.ts";
import { benchEndToEnd } from "./end-to-end.ts";
import { benchFwht } from "./fwht.ts";
import { benchKernels } from "./kernels.ts";
import { benchMemory } from "./memory.ts";
import { benchPeers } from "./peers.ts";
import type { BenchHost, BenchName, BenchRequest } from "./protocol.ts";
import type { Report } from "./report.ts";
import { benchRotation } from "./rotation.ts";

type Bench = (request: BenchRequest, host: BenchHost) => Promise<readonly Report[]>;

const benches: Record<BenchName, Bench> = {
  kernels: benchKernels,
  encode: benchEncode,
  decode: benchDecode,
  batch: benchBatch,
  "end-to-end": benchEndToEnd,
  peers: benchPeers,
  memory: benchMemory,
  fwht: benchFwht,
  rotation: benchRotation,
  "decode-codes": benchDecodeCodes,
};

/** Runs one bench; the same in a page and in Node. */
export function runBench(request: BenchRequest, host: BenchHost): Promise<readonly Report[]> {
  return benches[request.bench](request, host);
}
