// Jobs that show a mistake of assembly/threads/parallel.ts: a tile lost, done twice, or not yet done when
// the caller goes on.
import { matmulRowsF32 } from "../../assembly/linear/matmul-f32";
import { jobArguments } from "../../assembly/threads/control-block";
import { parallel } from "../../assembly/threads/parallel";

export { heapBase } from "../../assembly/threads/control-block";
export {
  failThread,
  resetThreads,
  serveKernels,
  setThreads,
} from "../../assembly/threads/parallel";

/**
 * Runs `jobs` jobs one after the other; each adds 1 to every one of `tiles` counters (I32, zeroed).
 * Returns how often a counter was not what it should be when a job was over.
 */
export function countJobs(jobs: i32, tiles: i32, counters: usize): i32 {
  let wrong = 0;
  for (let job = 1; job <= jobs; job++) {
    parallel(countTile, counters, tiles);
    for (let tile = 0; tile < tiles; tile++) {
      if (load<i32>(counters + ((<usize>tile) << 2)) != job) wrong++;
    }
  }
  return wrong;
}

function countTile(counters: usize, tile: usize, thread: usize): void {
  const counter = counters + (tile << 2);
  store<i32>(counter, load<i32>(counter) + 1);
}

/** One job: threads[tile] (I32) is the thread that took the tile, which keeps it busy for a while. */
export function whoTakesTiles(tiles: i32, threads: usize): void {
  parallel(noteThread, threads, tiles);
}

function noteThread(threads: usize, tile: usize, thread: usize): void {
  for (let i = 0; i < 200_000; i++) atomic.store<i32>(threads + (tile << 2), i);
  store<i32>(threads + (tile << 2), <i32>thread);
}

/** One job of `tiles` tiles: other threads than the caller's trap at them. */
export function trapOffCaller(tiles: i32, scratch: usize): void {
  parallel(trapUnlessCaller, scratch, tiles);
}

function trapUnlessCaller(scratch: usize, tile: usize, thread: usize): void {
  if (thread != 0) unreachable();
  for (let i = 0; i < 200_000; i++) atomic.store<i32>(scratch, i);
}

/** matmulRowsF32 of square matrices of n, `n` a multiple of 8; a tile is 8 rows. */
export function matmulInTiles(a: usize, packed: usize, c: usize, n: i32): void {
  const job = jobArguments();
  store<usize>(job, a);
  store<usize>(job + 4, packed);
  store<usize>(job + 8, c);
  store<i32>(job + 12, n);
  parallel(matmulTile, job, n >> 3);
}

function matmulTile(job: usize, tile: usize, thread: usize): void {
  const n = load<i32>(job + 12);
  const rows = tile * 8 * n * 4;
  const a = load<usize>(job) + rows;
  const c = load<usize>(job + 8) + rows;
  matmulRowsF32(a, n, load<usize>(job + 4), n * 8, 0, c, n, 8, n, n, false);
}

export { packRowsF32 } from "../../assembly/linear/pack-f32";
