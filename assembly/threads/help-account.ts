// Whether other threads' help pays. Where other programs keep the processors busy, threads that hold a
// tile may be put to sleep in the middle of it, and helping costs more than it gives. So the caller
// reckons: what jobs took, beside what they would have taken it alone; while nothing is gained, it works
// alone for a while.

import {
  ACCOUNT_ALONE,
  ACCOUNT_JOBS,
  ACCOUNT_SHARED,
  ALONE_JOBS,
  control,
  LAST_ALONE_JOBS,
} from "./control-block";

/** Jobs after which an account is closed. */
const ACCOUNT_LENGTH: u32 = 24;
const FEWEST_ALONE_JOBS: u32 = 48;
const MOST_ALONE_JOBS: u32 = 1536;

/** Asked before each job that could be shared. */
export function helpPays(): bool {
  const left = load<u32>(control() + ALONE_JOBS);
  if (left == 0) return true;
  store<u32>(control() + ALONE_JOBS, left - 1);
  return false;
}

/** Books a shared job; `alone`: milliseconds that it would have taken without help. */
export function account(shared: f64, alone: f64): void {
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
