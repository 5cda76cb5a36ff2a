import { describe, expect, it } from "vitest";
import { NoiseFloor } from "../../src/vad/noise-floor.ts";
import { seededRandom } from "../fixtures/random.ts";

const frameDuration = 0.05;
/** A second, with less than which a side says nothing. */
const leastFrames = 20;
const step = 0.25;

/** The level that one in twenty frames is below, by sorting. */
function quietLevel(levels: readonly number[]): number {
  const sorted = levels.map((level) => Math.floor(level / step) * step).sort((a, b) => a - b);
  return sorted[Math.floor(0.05 * levels.length)]!;
}

/** The floor at each frame, from `past` frames that end with it and `ahead` after it. */
function naiveFloors(levels: readonly number[], past: number, ahead: number): number[] {
  return levels.map((_, i) => {
    const before = levels.slice(Math.max(0, i - past + 1), i + 1);
    const after = levels.slice(i, i + ahead + 1);
    const [has, hasAhead] = [before.length >= leastFrames, after.length >= leastFrames];
    if (has && hasAhead) return Math.max(quietLevel(before), quietLevel(after));
    if (has) return quietLevel(before);
    if (hasAhead) return quietLevel(after);
    return Math.min(quietLevel(before), quietLevel(after));
  });
}

function floors(levels: readonly number[], past: number, ahead: number): number[] {
  const floor = new NoiseFloor(frameDuration);
  let known = 0;
  return levels.map((level, i) => {
    while (known <= Math.min(i + ahead, levels.length - 1)) floor.look(levels[known++]!);
    floor.advance(level);
    const found = floor.level;
    floor.leave(level, levels[i - past + 1]);
    return found;
  });
}

describe("the noise floor", () => {
  it.each([
    [60, 60],
    [60, 0],
    [40, 10],
    [25, 25],
  ])("from %d frames before and %d after is what sorting gives", (past, ahead) => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const length = 1 + Math.floor(random() * 300);
      let drift = -60;
      const levels = Array.from({ length }, () => {
        drift = Math.min(Math.max(drift + 6 * (random() - 0.5), -95), 10);
        return drift + (random() < 0.3 ? 25 * random() : 0);
      });
      expect(floors(levels, past, ahead)).toEqual(naiveFloors(levels, past, ahead));
    }
  });

  it("stays within what it can tell apart", () => {
    expect(floors([Number.NEGATIVE_INFINITY, -200], 60, 0)).toEqual([-100, -100]);
    expect(floors([500], 60, 0)).toEqual([-100 + 479 * step]);
  });
});
