// One job at a time, cut into tiles that the threads of a pool take one by one. Every thread has an
// instance of this module on the same memory; without shared memory a job is a plain loop.
//
// Whoever claims a tile counts it as done; the caller waits for tiles, not for threads. So a thread
// that wakes up late, because its core is busy with something else, holds up nobody: the caller has
// long taken the tiles itself.

import {
  CALLER_SLEEPS,
  control,
  CONTROL_BYTES,
  DONE,
  EPOCH,
  FAILED,
  JOB,
  SLEEPERS,
  STOP,
  TASK,
  THREADS,
  TILES,
  UNCLAIMED,
} from "./control-block";
import { account, helpPays } from "./help-account";

/** A task: one tile of a job on one thread; `job` points to its arguments. */
type Task = (job: usize, tile: usize, thread: usize) => void;

/**
 * How often a thread looks before it sleeps, about 20 microseconds: longer than the gap between two
 * jobs of one decoder step, short beside a scheduler's time slice.
 */
const SPINS: i32 = 20000;
/** How long a thread sleeps before it looks whether it is to end, or another has failed: 0.25 s. */
const SLEEP_NANOSECONDS: i64 = 250_000_000;
/** What a wait gives that nobody ended. */
const TIMED_OUT: i32 = 2;

/** Milliseconds by a steady clock. */
// @ts-ignore: decorator
@external("env", "now")
declare function now(): f64;

/** Clears the control block; the host calls it once, before any thread serves. */
export function resetThreads(): void {
  memory.fill(control(), 0, CONTROL_BYTES);
  store<u32>(control() + THREADS, 1);
}

/** How many threads there are, the caller's included; those beyond it must be in serveKernels. */
export function setThreads(count: u32): void {
  store<u32>(control() + THREADS, count);
}

export function threadCount(): usize {
  return <usize>load<u32>(control() + THREADS);
}

/** Runs task(job, tile, thread) for tile = 0 .. tiles - 1; the caller is thread 0. No nesting. */
export function parallel(task: Task, job: usize, tiles: usize): void {
  if (ASC_FEATURE_THREADS) {
    if (tiles > 1 && threadCount() > 1 && helpPays()) {
      share(task, job, tiles);
      return;
    }
  }
  doAlone(task, job, tiles);
}

/** The same; `isLong`: the job is worth waking other threads for. */
export function parallelIf(isLong: bool, task: Task, job: usize, tiles: usize): void {
  if (isLong) parallel(task, job, tiles);
  else doAlone(task, job, tiles);
}

function doAlone(task: Task, job: usize, tiles: usize): void {
  for (let tile: usize = 0; tile < tiles; tile++) task(job, tile, 0);
}

/**
 * What a pool thread does: takes tiles of every job, sleeps between them. Returns now and then, so that
 * a browser can end the thread; it is to be called again from the event loop. false after stopThreads.
 * Where it traps, failThread is to be called.
 */
export function serveKernels(thread: u32): bool {
  if (ASC_FEATURE_THREADS) {
    const base = control();
    for (;;) {
      const seen = atomic.load<i32>(base + EPOCH);
      if (atomic.load<i32>(base + STOP)) return false;
      takeTiles(thread);
      let spins = SPINS;
      while (spins > 0 && atomic.load<i32>(base + EPOCH) == seen) spins--;
      if (spins > 0) continue;
      atomic.add<i32>(base + SLEEPERS, 1);
      const woken = atomic.wait<i32>(base + EPOCH, seen, SLEEP_NANOSECONDS);
      atomic.sub<i32>(base + SLEEPERS, 1);
      if (woken == TIMED_OUT) return true;
    }
  }
  return false;
}

/** Lets pool threads return: browsers take seconds to end one that sleeps. No job may follow. */
export function stopThreads(): void {
  if (ASC_FEATURE_THREADS) {
    const base = control();
    store<u32>(base + THREADS, 1);
    atomic.store<i32>(base + STOP, 1);
    atomic.add<i32>(base + EPOCH, 1);
    atomic.notify(base + EPOCH, -1);
  }
}

/**
 * Makes the caller of the job under way trap too, rather than wait for a tile that is never done; and
 * those of later jobs.
 */
export function failThread(): void {
  if (ASC_FEATURE_THREADS) atomic.store<i32>(control() + FAILED, 1);
}

function share(task: Task, job: usize, tiles: usize): void {
  const base = control();
  if (atomic.load<i32>(base + FAILED)) unreachable();
  const start = now();
  store<usize>(base + TASK, changetype<usize>(task));
  store<usize>(base + JOB, job);
  store<u32>(base + TILES, <u32>tiles);
  atomic.store<i32>(base + DONE, 0);
  atomic.store<i32>(base + UNCLAIMED, <i32>tiles);
  atomic.add<i32>(base + EPOCH, 1);
  if (atomic.load<i32>(base + SLEEPERS) > 0) {
    atomic.notify(base + EPOCH, <i32>min(tiles - 1, threadCount() - 1));
  }
  const taken = takeTiles(0);
  const ready = now();
  waitForOthers(tiles);
  // What the caller took alone tells how long all tiles would have taken it.
  const end = now();
  if (taken > 0) account(end - start, ((ready - start) * <f64>tiles) / <f64>taken);
}

function waitForOthers(tiles: usize): void {
  const base = control();
  let spins = SPINS;
  while (spins > 0 && atomic.load<i32>(base + DONE) < <i32>tiles) spins--;
  if (spins > 0) return;
  atomic.store<i32>(base + CALLER_SLEEPS, 1);
  for (;;) {
    const done = atomic.load<i32>(base + DONE);
    if (done == <i32>tiles) break;
    if (atomic.load<i32>(base + FAILED)) unreachable();
    atomic.wait<i32>(base + DONE, done, SLEEP_NANOSECONDS);
  }
  atomic.store<i32>(base + CALLER_SLEEPS, 0);
}

/** Does tiles until none is left; how many it were. */
function takeTiles(thread: usize): usize {
  const base = control();
  let taken: usize = 0;
  let unclaimed = atomic.load<i32>(base + UNCLAIMED);
  while (unclaimed > 0) {
    const found = atomic.cmpxchg<i32>(base + UNCLAIMED, unclaimed, unclaimed - 1);
    if (found != unclaimed) {
      unclaimed = found;
      continue;
    }
    // From here on until this tile is done the job cannot change.
    const tiles = <i32>load<u32>(base + TILES);
    const task = changetype<Task>(load<usize>(base + TASK));
    task(load<usize>(base + JOB), <usize>(tiles - unclaimed), thread);
    taken++;
    if (atomic.add<i32>(base + DONE, 1) + 1 == tiles && atomic.load<i32>(base + CALLER_SLEEPS)) {
      atomic.notify(base + DONE, 1);
    }
    unclaimed = atomic.load<i32>(base + UNCLAIMED);
  }
  return taken;
}
