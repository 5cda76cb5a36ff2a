// What the threads of a pool know of each other. It lies at a fixed place below the host's heap,
// because instances share no globals.

/** Tiles nobody has claimed yet. */
export const UNCLAIMED: usize = 0;
/** Tiles done. A line of its own, like the epoch: others write it while the caller looks at it. */
export const DONE: usize = 64;
/** 1 while the caller sleeps on DONE. */
export const CALLER_SLEEPS: usize = 68;
/** Counts jobs; threads with nothing to do sleep on it. */
export const EPOCH: usize = 128;
export const SLEEPERS: usize = 132;
/** What the job is: written before UNCLAIMED, read after a claim. */
export const TASK: usize = 192;
export const JOB: usize = 196;
export const TILES: usize = 200;
export const THREADS: usize = 204;
/** 1 when threads are to return from serveKernels. */
export const STOP: usize = 208;
/** Jobs to be done alone before help is tried again, and how many it was the last time. */
export const ALONE_JOBS: usize = 212;
export const LAST_ALONE_JOBS: usize = 216;
/** Shared jobs in the current account, the milliseconds they took, and would have taken alone. */
export const ACCOUNT_JOBS: usize = 220;
export const ACCOUNT_SHARED: usize = 224;
export const ACCOUNT_ALONE: usize = 232;
/** 1 once a thread has trapped: the tile it held is never done. */
export const FAILED: usize = 240;
export const ARGUMENTS: usize = 256;
export const CONTROL_BYTES: usize = 512;

// @ts-ignore: decorator
@inline
export function control(): usize {
  return (__heap_base + 63) & ~63;
}

/** The first byte after the module's static data and control block: where the host's heap may begin. */
export function heapBase(): usize {
  return control() + CONTROL_BYTES;
}

/** 256 bytes for the arguments of the next job. */
// @ts-ignore: decorator
@inline
export function jobArguments(): usize {
  return control() + ARGUMENTS;
}
