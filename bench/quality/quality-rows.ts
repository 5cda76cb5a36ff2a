import type { ComparedWindow } from "../../tools/quality/compare-windows.ts";
import type { QualityRecording } from "../../tools/quality/recordings.ts";
import { type QualitySummary, summariseWindows } from "../../tools/quality/summarise-windows.ts";
import { countWordErrors, type WordRate } from "../../tools/quality/word-differences.ts";
import { round } from "../measure.ts";
import type { Row } from "../report.ts";
import type { Contestant } from "./contestants.ts";

/** What was measured of one contestant, for tables and pictures. */
export interface MeasuredContestant {
  readonly contestant: Contestant;
  /** Of the recordings as they are. */
  readonly recorded: QualitySummary;
  /** Of the recordings at all speeds. */
  readonly varied: QualitySummary;
  /** Of the recordings as they are; null where nobody knows what is spoken. */
  readonly wordErrors: ReturnType<typeof countWordErrors>;
}

export function measureWindows(
  contestant: Contestant,
  recordings: readonly QualityRecording[],
  windows: readonly ComparedWindow[],
): MeasuredContestant {
  const recorded = windows.filter(({ speed }) => speed === 1);
  return {
    contestant,
    recorded: summariseWindows(recorded),
    varied: summariseWindows(windows),
    wordErrors: countWordErrors(recordings, recorded),
  };
}

/** A line of the table; columns of more than one speed where there are such. */
export function describeContestant(measured: MeasuredContestant, speeds: number): Row {
  const { contestant, recorded, varied, wordErrors } = measured;
  const spread = speeds === 1 ? {} : prefixed(`x${speeds}: `, describeSummary(varied));
  return {
    weights: contestant.label,
    MB: (contestant.bytes / 1e6).toFixed(1),
    "encoder dB": Number.isFinite(recorded.encoderSnr) ? recorded.encoderSnr.toFixed(1) : null,
    ...describeSummary(recorded),
    ...spread,
    "word errors": wordErrors === null ? null : describeRate(wordErrors),
    "95 %": wordErrors === null ? null : describeInterval(wordErrors.interval),
  };
}

/** The same for machines: numbers, unrounded. */
export function numbersOf({ contestant, recorded, varied, wordErrors }: MeasuredContestant) {
  const { label, group, bytes } = contestant;
  return { weights: label, group, bytes, recorded, varied, wordErrors };
}

function describeSummary({ klDivergence, flips, tokens, differing }: QualitySummary): Row {
  return {
    KL: round(klDivergence),
    flips: `${flips} of ${tokens}`,
    differing: describeRate(differing),
  };
}

function prefixed(prefix: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([head, cell]) => [prefix + head, cell]));
}

function describeRate({ rate, errors, words }: WordRate): string {
  return `${percentage(rate)} % (${errors} of ${words})`;
}

function describeInterval({ low, high }: { low: number; high: number }): string {
  return `${percentage(low)} to ${percentage(high)} %`;
}

function percentage(rate: number): string {
  return (100 * rate).toFixed(2);
}
