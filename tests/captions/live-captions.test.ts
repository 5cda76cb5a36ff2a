import { describe, expect, it } from "vitest";
import { LiveCaptions } from "../../src/captions/live-captions.ts";
import { OptionError } from "../../src/errors.ts";
import type { Segment, StreamEvent } from "../../src/results.ts";
import { seededRandom } from "../fixtures/random.ts";
import { hypothesisOf } from "./caption-words.ts";
import {
  caption,
  config,
  engineFor,
  finalText,
  rate,
  runLive,
  ScriptedDetector,
  type SpokenWord,
  scriptText,
  soundOf,
  speak,
  type ToldEvent,
} from "./live-world.ts";

function statuses(told: readonly ToldEvent[]): string[] {
  return told.map(({ event }) => event.status);
}

function eventsOf<Status extends StreamEvent["status"]>(
  told: readonly ToldEvent[],
  status: Status,
) {
  return told.flatMap(({ at, event }) =>
    event.status === status ? [{ at, ...(event as Extract<StreamEvent, { status: Status }>) }] : [],
  );
}

/** Sentences of words with pauses between, as people speak. */
function conversation(seed: number, seconds: number, longest: number): SpokenWord[] {
  const random = seededRandom(seed);
  const words: SpokenWord[] = [];
  let at = 1 + random();
  while (at < seconds - longest) {
    const sentence = speak(at, 1 + Math.floor((random() * longest) / 0.4), words.length);
    words.push(...sentence);
    at = sentence.at(-1)!.end + 0.65 + 3 * random() ** 2;
  }
  return words;
}

/** What must hold of all captions. */
function expectSound(told: readonly ToldEvent[], words: readonly SpokenWord[]): void {
  const final = finalText(told).split(" ");
  const script = scriptText(words).split(" ");
  const wrong = script.findIndex((word, i) => word !== final[i]);
  expect(final.slice(wrong - 2, wrong + 3)).toEqual(script.slice(wrong - 2, wrong + 3));
  expect(final).toHaveLength(script.length);
  expect(statuses(told).filter((status) => status === "done")).toHaveLength(1);
  expect(statuses(told).at(-1)).toBe("done");
  let until = 0;
  let id = 0;
  let wordCount = 0;
  for (const { event } of told) {
    if (event.status !== "final" && event.status !== "silence") continue;
    const { start, end } = event.status === "final" ? event.segment : event;
    expect(start).toBeGreaterThanOrEqual(until);
    expect(end).toBeGreaterThanOrEqual(start);
    if (event.status === "final") {
      const { segment } = event;
      expect(segment.id).toBe(id++);
      for (const [i, { start, end }] of segment.words!.entries()) {
        const said = words[wordCount++]!;
        expect([start, end]).toEqual([expect.closeTo(said.start, 1), expect.closeTo(said.end, 1)]);
        // No text spans a pause.
        if (i > 0) expect(start - segment.words![i - 1]!.end).toBeLessThan(0.6);
      }
    } else {
      // Between the words before and after it.
      expect(start).toBeGreaterThanOrEqual(words[wordCount - 1]!.end - 0.05);
      expect(end).toBeLessThanOrEqual((words[wordCount]?.start ?? Infinity) + 0.05);
    }
    until = end;
  }
}

describe("one sentence", () => {
  const words = speak(2, 8);
  const { told, requests } = caption(words, 8);

  it("is partial text, then final text, then silence", () => {
    expectSound(told, words);
    const kinds = statuses(told);
    expect(kinds[0]).toBe("partial");
    expect(kinds.slice(-2)).toEqual(["silence", "done"]);
    expect(kinds).not.toContain("warning");
  });

  it("has partial text within the interval and the time for a hypothesis", () => {
    const [first] = eventsOf(told, "partial");
    expect(first!.at).toBeLessThan(2 + 1 + 0.1 + 0.1);
    expect(first!.text).toBe(" w0 w1 w2~");
    expect(first!.start).toBeCloseTo(2, 6);
  });

  it("shows with partial text only what is not final", () => {
    let shown = "";
    for (const { event } of told) {
      if (event.status === "final") shown += event.segment.text;
      if (event.status === "partial") expect(`${shown}${event.text}`).toMatch(/^( w\d~?)+$/);
    }
  });

  it("is final soon after its end", () => {
    const last = eventsOf(told, "final").at(-1)!;
    expect(last.segment.text).toMatch(/ w7$/);
    expect(last.at - words.at(-1)!.end).toBeLessThan(1);
  });

  it("has the times of its words", () => {
    const timed = eventsOf(told, "final").flatMap(({ segment }) => segment.words!);
    expect(timed.map(({ word }) => word).join("")).toBe(scriptText(words));
    for (const [i, { start, end, probability }] of timed.entries()) {
      expect(start).toBeCloseTo(words[i]!.start, 6);
      expect(end).toBeCloseTo(words[i]!.end, 6);
      expect(probability).toBe(0.5);
    }
    expect(eventsOf(told, "final")[0]!.segment).toMatchObject({
      id: 0,
      seek: 200,
      tokens: expect.any(Array),
      temperature: 0,
      avgLogProb: -0.25,
      compressionRatio: 1,
      noSpeechProb: 0.125,
    } satisfies Partial<Segment>);
  });

  it("is asked for from its beginning, in growing parts", () => {
    expect(requests.map(({ prompt }) => prompt)).toEqual(requests.map(() => ""));
    const lengths = requests.map(({ length }) => length);
    expect(lengths).toEqual(lengths.slice().sort((a, b) => a - b));
  });

  it("ends with the language and the duration", () => {
    expect(told.at(-1)!.event).toEqual({
      status: "done",
      language: "en",
      duration: 8,
      transcript: null,
    });
  });
});

describe("silence", () => {
  it("asks for nothing, and is let go", () => {
    const run = caption([], 120);
    expect(run.requests).toEqual([]);
    expect(run.told.map(({ event }) => event)).toEqual([
      { status: "done", language: null, duration: 120, transcript: null },
    ]);
    expect(run.mostBuffered).toBeLessThan(1 * rate);
  });

  it("is told once after each sentence", () => {
    const words = [...speak(1, 4), ...speak(6, 4, 4)];
    const { told } = caption(words, 20);
    const silences = eventsOf(told, "silence");
    expect(silences).toHaveLength(2);
    expect(silences[0]!.start).toBeCloseTo(words[3]!.end, 1);
    expect(silences[1]!.start).toBeCloseTo(words[7]!.end, 1);
    for (const { start, end } of silences) expect(end).toBeGreaterThan(start);
  });

  it("is told also where what was taken for speech has no text", () => {
    const words = speak(1, 3);
    const { told } = caption(words, 10, { hear: () => "" });
    const wordless = engineFor([]);
    const whole = soundOf(words, 1000);
    const captions = new LiveCaptions(config, new ScriptedDetector());
    const sound = (from: number, count: number) => whole.subarray(from, from + count);
    const run = runLive(captions, sound, 10, wordless, 0.1);
    expect(statuses(run.told)).toEqual(["silence", "done"]);
    expect(statuses(told)).not.toContain("warning");
  });
});

describe("speech without a pause", () => {
  const words = speak(1, 170);

  it("is all final, once, in bounded memory", () => {
    const { told, mostBuffered, mostAsked, requests } = caption(words, 90);
    expectSound(told, words);
    expect(mostAsked).toBeLessThanOrEqual(config.windowSamples);
    expect(mostBuffered).toBeLessThanOrEqual(config.windowSamples + rate);
    expect(requests.at(-1)!.prompt).toMatch(/^.{200}$/);
    expect(scriptText(words)).toContain(requests.at(-1)!.prompt);
    expect(statuses(told)).not.toContain("warning");
  });

  it("is never asked for by more than about half a window", () => {
    const { mostAsked } = caption(words, 90);
    expect(mostAsked).toBeLessThan(0.75 * config.windowSamples);
  });

  it("is final within two intervals", () => {
    const { told } = caption(words, 90);
    for (const { at, segment } of eventsOf(told, "final")) {
      expect(at - segment.words!.at(-1)!.end).toBeLessThan(3.2);
    }
  });

  it("is final within maxLatency where the engine never agrees with itself", () => {
    let count = 0;
    const hear = (text: string) => `${text}${"abc"[count++ % 3]}`;
    const { told } = caption(words, 90, { hear, options: { maxLatency: 3 } });
    const finals = eventsOf(told, "final");
    expect(finals.length).toBeGreaterThan(20);
    for (const { at, segment } of finals) {
      expect(at - segment.words![0]!.start).toBeLessThan(3 + 2 + 0.5);
    }
    // Every word once, however it was heard.
    expect(finalText(told).replaceAll(/[abc]/g, "")).toBe(scriptText(words));
  });
});

describe("any conversation", () => {
  it.each([
    ["on a fast machine", 0.05],
    ["on a machine that is just in time", 0.95],
    ["on a slow machine", 2.5],
    ["on a machine that is hardly fast enough", 6],
  ])("is all final, once, %s", (_, took) => {
    for (let seed = 1; seed <= 24; seed++) {
      const options = { takesSeveral: seed > 12 };
      const words = conversation(seed, 120, [3, 9, 25][seed % 3]!);
      const { told, mostAsked, mostBuffered } = caption(words, 125, { took, options });
      expectSound(told, words);
      expect(mostAsked).toBeLessThanOrEqual(config.windowSamples);
      expect(mostBuffered).toBeLessThanOrEqual(2 * config.windowSamples + 4);
    }
  });
});

describe("a machine that cannot keep up", () => {
  const words = speak(1, 170);

  it("says so once, and leaves out partial text, never audio", () => {
    const fast = caption(words, 90, { took: 0.1 });
    const slow = caption(words, 90, { took: 3 });
    expectSound(slow.told, words);
    const warnings = eventsOf(slow.told, "warning");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]!.message).toMatch(/cannot keep up: it took 3\.0 s .* due every 1 s/);
    expect(warnings[0]!.behind).toBeCloseTo(3, 0);
    expect(slow.requests.length).toBeLessThan(fast.requests.length / 2);
    expect(slow.mostBuffered).toBeLessThan(1.5 * config.windowSamples);
  });

  it("is not one that was slow once", () => {
    let count = 0;
    const { told } = caption(words, 90, { took: () => (count++ === 0 ? 3 : 0.1) });
    expect(statuses(told)).not.toContain("warning");
  });

  it("keeps its text complete though the source has to wait", () => {
    const { told, mostBuffered } = caption(words, 90, { took: 15 });
    expectSound(told, words);
    expect(mostBuffered).toBeLessThanOrEqual(2 * config.windowSamples + 4);
  });

  it("hears short sentences several at once, and tells them apart", () => {
    const words = Array.from({ length: 40 }, (_, i) => speak(1 + 2 * i, 1, i)).flat();
    const { told, requests } = caption(words, 85, {
      took: 4,
      options: { takesSeveral: true },
    });
    expectSound(told, words);
    expect(requests.length).toBeLessThan(words.length / 1.5);
    expect(eventsOf(told, "final")).toHaveLength(words.length);
    expect(eventsOf(told, "silence")).toHaveLength(words.length);
    // The one that is heard when it ends, and the one that it is then heard with.
    for (const { at, segment } of eventsOf(told, "final")) {
      expect(at - segment.end).toBeLessThan(2 * 4 + 1);
    }
  });

  it.each([
    ["the model hears one at a time", 4, false],
    ["only the source is early", 0.1, true],
  ])("hears sentences one by one where %s", (_, took, takesSeveral) => {
    const words = Array.from({ length: 4 }, (_, i) => speak(1 + 2 * i, 1, i)).flat();
    const captions = new LiveCaptions(config, new ScriptedDetector(), { takesSeveral });
    captions.push(soundOf(words, 10 * rate));
    captions.end();
    const engine = engineFor(words);
    const told: ToldEvent[] = [];
    for (let request = captions.next(); request; request = captions.next()) {
      expect(request.samples.length).toBeLessThan(1 * rate);
      captions.accept(engine(request), took);
    }
    for (const event of captions.takeEvents()) told.push({ at: 10, event });
    expect(finalText(told)).toBe(scriptText(words));
    expect(eventsOf(told, "final")).toHaveLength(words.length);
  });

  it("recovers", () => {
    const took = ({ prompt }: { prompt: string }) => (/ w(2|3)\d/.test(prompt) ? 4 : 0.1);
    const { told } = caption(words, 90, { took });
    expectSound(told, words);
    const late = eventsOf(told, "final").filter(({ at }) => at > 60);
    for (const { at, segment } of late) {
      expect(at - segment.words!.at(-1)!.end).toBeLessThan(3.2);
    }
  });
});

describe("hours", () => {
  it("take no more memory than a minute, and each word is final in time", () => {
    const hours = 3;
    const length = hours * 3600;
    const words = conversation(3, length, 25);
    const whole = soundOf(words, length * rate);
    const captions = new LiveCaptions(config, new ScriptedDetector());
    const sound = (from: number, count: number) => whole.subarray(from, from + count);
    const { told, mostBuffered, mostAsked } = runLive(
      captions,
      sound,
      length,
      engineFor(words),
      0.4,
    );
    expect(finalText(told)).toBe(scriptText(words));
    expect(mostBuffered).toBeLessThanOrEqual(config.windowSamples + rate);
    expect(mostAsked).toBeLessThanOrEqual(config.windowSamples);
    for (const { at, segment } of eventsOf(told, "final")) {
      expect(at - segment.end).toBeLessThan(3.5);
    }
  });
});

describe("the state machine", () => {
  it("has one request at a time", () => {
    const captions = new LiveCaptions(config, new ScriptedDetector());
    captions.push(soundOf(speak(0, 5), 200));
    const request = captions.next()!;
    expect(request.samples).toHaveLength(200);
    expect(captions.next()).toBeUndefined();
    captions.accept(hypothesisOf([]), 0.1);
    expect(captions.next()).toBeUndefined();
    expect(() => captions.accept(hypothesisOf([]), 0.1)).toThrow(RangeError);
  });

  it("ends in the midst of a word", () => {
    const { told } = caption(speak(0.2, 5), 2);
    expect(finalText(told)).toBe(" w0 w1 w2 w3 w4~");
    expect(statuses(told)).not.toContain("silence");
  });

  it("ends before anything", () => {
    const captions = new LiveCaptions(config, new ScriptedDetector());
    captions.end();
    captions.end();
    expect(captions.isOver).toBe(true);
  });

  it.each([
    [
      { interval: "1" as unknown as number },
      /interval: expected a number of seconds above 0, at most 5; found "1"/,
    ],
    [{ interval: 0 }, /interval: expected .* above 0, at most 5; found 0/],
    [{ interval: 6 }, /interval/],
    [{ maxLatency: Number.NaN }, /maxLatency/],
    [{ maxLatency: -1 }, /maxLatency/],
  ])("refuses %j", (options, message) => {
    const create = () => new LiveCaptions(config, new ScriptedDetector(), options);
    expect(create).toThrow(OptionError);
    expect(create).toThrow(message);
  });
});
