import { describe, expect, it } from "vitest";
import { LiveLanguage } from "../../src/captions/live-language.ts";

const russian = { language: "ru", probability: 0.9 };
const english = { language: "en", probability: 0.95 };
const long = { seconds: 4, isProbable: true };

describe("the language of a live source", () => {
  it("is kept once enough was heard for sure", () => {
    const live = new LiveLanguage();
    expect(live.learn(russian, { seconds: 1.2, isProbable: true })).toBeNull();
    expect(live.learn(russian, { seconds: 9, isProbable: false })).toBeNull();
    expect(live.learn({ ...russian, probability: 0.5 }, long)).toBeNull();
    expect(live.kept).toBeUndefined();
    expect(live.learn(english, long)).toEqual(english);
    expect(live.kept).toBe("en");
  });

  it("is looked for again when text is doubtful twice in a row", () => {
    const live = new LiveLanguage();
    live.learn(english, long);
    for (const isProbable of [false, true, false]) live.learn(null, { seconds: 5, isProbable });
    expect(live.kept).toBe("en");
    live.learn(null, { seconds: 5, isProbable: false });
    expect(live.kept).toBeUndefined();
    expect(live.learn(russian, long)).toEqual(russian);
    expect(live.kept).toBe("ru");
  });
});
