// One job at a time, cut into tiles that the threads of a pool take one by one. Every thread has an
// instance of this module on the same memory; without shared memory a job is a plain loop.
//
// Whoever claims a tile counts it as done; the caller waits for tiles, not for threads. So a thread
// that wakes up late, because its core is busy with something else, holds up nobody: the caller has
// long taken the tiles itself.
//
// Where other programs keep the processors busy, threads that hold a tile may be put to sleep in the
// middle of it, and helping costs more than it gives. So the caller reckons: what jobs took, beside
// what they would have taken it alone; while nothing is gained, it works alone for a while.
//
// The control block lies at a fixed place below the host's heap, because instances share no globals.

/** A task: one tile of a job on one thread; `job` points to its arguments. */
type Task = (job: usize, tile: usize, thread: usize) => void;

/** Tiles nobody has claimed yet. */
// @ts-ignore: decorator
@inline const UNCLAIMED: usize = 0;
/** Tiles done. A line of its own, like the epoch: others write it while the caller looks at it. */
// @ts-ignore: decorator
@inline const DONE: usize = 64;
/** 1 while the caller sleeps on DONE. */
// @ts-ignore: decorator
@inline const CALLER_SLEEPS: usize = 68;
/** Counts jobs; threads with nothing to do sleep on it. */
// @ts-ignore: decorator
@inline const EPOCH: usize = 128;
// @ts-ignore: decorator
@inline const SLEEPERS: usize = 132;
/** What the job is: written before UNCLAIMED, read after a claim. */
// @ts-ignore: decorator
@inline const TASK: usize = 192;
// @ts-ignore: decorator
@inline const JOB: usize = 196;
// @ts-ignore: decorator
@inline const TILES: usize = 200;
// @ts-ignore: decorator
@inline const THREADS: usize = 204;
/** 1 when threads are to return from serveKernels. */
// @ts-ignore: decorator
@inline const STOP: usize = 208;
/** Jobs to be done alone before help is tried again, and how many it was the last time. */
// @ts-ignore: decorator
@inline const ALONE_JOBS: usize = 212;
// @ts-ignore: decorator
@inline const LAST_ALONE_JOBS: usize = 216;
/** Shared jobs in the current account, the milliseconds they took, and would have taken alone. */
// @ts-ignore: decorator
@inline const ACCOUNT_JOBS: usize = 220;
// @ts-ignore: decorator
@inline const ACCOUNT_SHARED: usize = 224;
// @ts-ignore: decorator
@inline const ACCOUNT_ALONE: usize = 232;
// @ts-ignore: decorator
@inline const ARGUMENTS: usize = 256;
// @ts-ignore: decorator
@inline const CONTROL_BYTES: usize = 512;

/**
 * How often a thread looks before it sleeps, about 20 microseconds: longer than the gap between two
 * jobs of one decoder step, short beside a scheduler's time slice.
 */
const SPINS: i32 = 20000;
/** How long a thread sleeps before it looks whether it is to end: a quarter of a second. */
const SLEEP_NANOSECONDS: i64 = 250_000_000;
/** What a wait gives that nobody ended. */
const TIMED_OUT: i32 = 2;

/** Jobs after which an account is closed. */
const ACCOUNT_LENGTH: u32 = 24;
const FEWEST_ALONE_JOBS: u32 = 48;
const MOST_ALONE_JOBS: u32 = 1536;

/** Milliseconds by a steady clock. */
// @ts-ignore: decorator
@external("env", "now")
declare function now(): f64;

// @ts-ignore: decorator
@inline
function control(): usize {
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
  for (let tile: usize = 0; tile < tiles; tile++) task(job, tile, 0);
}

/**
 * What a pool thread does: takes tiles of every job, sleeps between them. Returns now and then, so that
 * a browser can end the thread; it is to be called again from the event loop. false after stopThreads.
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

function helpPays(): bool {
  const left = load<u32>(control() + ALONE_JOBS);
  if (left == 0) return true;
  store<u32>(control() + ALONE_JOBS, left - 1);
  return false;
}

/** Books a shared job; `alone`: milliseconds that it would have taken without help. */
function account(shared: f64, alone: f64): void {
  const base = control();
  const jobs = load<u32>(base + ACCOUNT_JOBS) + 1;
  const sharedSum = load<f64>(base + ACCOUNT_SHARED) + shared;
  const aloneSum = load<f64>(base + ACCOUNT_ALONE) + alone;
  const isClosed = jobs == ACCOUNT_LENGTH;
  if (isClosed) {
    const last = load<u32>(base + LAST_ALONE_JOBS);
    const next = min(max(2 * last, FEWEST_ALONE_JOBS), MOST_ALONE_JOBS);
    const isWorse = sharedSum > aloneSum;
    store<u32>(base + ALONE_JOBS, isWorse ? next : 0);
    store<u32>(base + LAST_ALONE_JOBS, isWorse ? next : 0);
  }
  store<u32>(base + ACCOUNT_JOBS, isClosed ? 0 : jobs);
  store<f64>(base + ACCOUNT_SHARED, isClosed ? 0 : sharedSum);
  store<f64>(base + ACCOUNT_ALONE, isClosed ? 0 : aloneSum);
}

function share(task: Task, job: usize, tiles: usize): void {
  const base = control();
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
    atomic.wait<i32>(base + DONE, done, -1);
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
