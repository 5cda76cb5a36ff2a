import type { AlignmentStep } from "../../src/metrics/alignment.ts";
import { bootstrapErrorRate } from "../../src/metrics/bootstrap.ts";
import {
  type ErrorCounts,
  errorRate,
  referenceLength,
  totalErrors,
} from "../../src/metrics/word-error-rate.ts";

/** What one recording gave. */
export interface Row {
  readonly audio: string;
  readonly expected: string;
  readonly found: string;
  /** Seconds. */
  readonly duration: number;
  readonly realTimeFactor: number;
  readonly errors: ErrorCounts;
  /** null where nothing is expected: what was found counts in the total. */
  readonly errorRate: number | null;
  /** The units that are wrong, missing or too many. */
  readonly differences: readonly AlignmentStep<string>[];
}

/** A recording that gave nothing. */
export interface Failure {
  readonly audio: string;
  /** The error's name and message. */
  readonly error: string;
}

/** Of a corpus every unit weighs alike, and every second. What there is no rate or time of is null. */
export function summarise(rows: readonly Row[], failures: readonly Failure[]) {
  const counts = rows.map(({ errors }) => errors);
  const total = totalErrors(counts);
  const duration = sum(rows.map((row) => row.duration));
  const work = sum(rows.map((row) => row.realTimeFactor * row.duration));
  const rate = rateOf(total);
  return {
    recordings: rows.length,
    right: rows.filter(({ errors }) => isRight(errors)).length,
    failed: failures.length,
    ...total,
    errorRate: rate,
    /** One recording says nothing about how much recordings differ. */
    confidenceInterval: rows.length > 1 && rate !== null ? bootstrapErrorRate(counts) : null,
    duration,
    realTimeFactor: rows.length > 0 ? work / duration : null,
  };
}

/** Errors over units that are expected; null where none is. */
export function rateOf(errors: ErrorCounts): number | null {
  return referenceLength(errors) > 0 ? errorRate(errors) : null;
}

export function describeRow({ audio, expected, found, errors, realTimeFactor }: Row): string {
  const rate = `${audio}: ${describeRate(errors)}, ${describeFactor(realTimeFactor)}`;
  return isRight(errors) ? `${rate}\n` : `${rate}: expected "${expected}", found "${found}"\n`;
}

export function describeSummary(
  summary: ReturnType<typeof summarise> & { readonly unit: string },
): string {
  const { recordings, right, failed, unit, confidenceInterval, realTimeFactor } = summary;
  const failures = failed > 0 ? `, ${failed} more failed` : "";
  const interval =
    confidenceInterval === null
      ? ""
      : `, 95 % between ${percent(confidenceInterval.low)} and ${percent(confidenceInterval.high)}`;
  return `${right} of ${recordings} recordings right${failures}; ${unit} error rate ${describeRate(summary)}${interval}; ${describeFactor(realTimeFactor)}\n`;
}

function isRight(errors: ErrorCounts): boolean {
  return errorRate(errors) === 0;
}

function describeRate(counts: ErrorCounts): string {
  const length = referenceLength(counts);
  const errors = length - counts.hits + counts.insertions;
  return `${percent(rateOf(counts))} (${errors} of ${length})`;
}

function describeFactor(factor: number | null): string {
  return `real-time factor ${factor === null ? "n/a" : factor.toFixed(4)}`;
}

function percent(rate: number | null): string {
  return rate === null ? "n/a" : `${(100 * rate).toFixed(2)} %`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
