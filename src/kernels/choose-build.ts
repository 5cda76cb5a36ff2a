/** Kernels for WebAssembly SIMD as of 2021, or with its relaxed instructions. */
export type KernelBuild = "plain" | "relaxed";

/** The builds that this engine accepts, the faster first. Whether it runs them right is another matter: see selfTest. */
export function acceptedBuilds(validate: Validate = WebAssembly.validate): KernelBuild[] {
  return validate(relaxedProbe) ? ["relaxed", "plain"] : ["plain"];
}

/** Whether kernels may share their memory with other threads here. */
export function canShareMemory(
  scope: SharingScope = globalThis,
  validate: Validate = WebAssembly.validate,
): boolean {
  // Only pages have the flag; some browsers make shared memory without it, but refuse to send it.
  const isolated = scope.crossOriginIsolated ?? true;
  return isolated && scope.SharedArrayBuffer !== undefined && validate(threadsProbe);
}

export type Validate = (module: Uint8Array<ArrayBuffer>) => boolean;

export interface SharingScope {
  readonly crossOriginIsolated?: boolean;
  readonly SharedArrayBuffer?: unknown;
}

/** (func (param v128 v128 v128) (result v128) i32x4.relaxed_dot_i8x16_i7x16_add_s) */
// biome-ignore format: a section a line
const relaxedProbe = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b,
  0x03, 0x02, 0x01, 0x00,
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x93, 0x02, 0x0b,
);

/** (memory 1 1 shared) (func i32.const 0, i32.atomic.load, drop) */
// biome-ignore format: a section a line
const threadsProbe = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x04, 0x01, 0x60, 0x00, 0x00,
  0x03, 0x02, 0x01, 0x00,
  0x05, 0x04, 0x01, 0x03, 0x01, 0x01,
  0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a, 0x0b,
);
