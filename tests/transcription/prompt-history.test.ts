import { describe, expect, it } from "vitest";
import { PromptHistory } from "../../src/transcription/prompt-history.ts";

describe("PromptHistory", () => {
  const open = { room: 4, carried: false, conditions: true };

  it("is the initial prompt and all text behind it", () => {
    const history = new PromptHistory([1, 2], open);
    expect(history.prompt).toEqual([1, 2]);
    history.add([3, 4, 5], 0);
    // Uncut: the model takes the last of it.
    expect(history.prompt).toEqual([1, 2, 3, 4, 5]);
  });

  it("forgets all at text that is not to be trusted", () => {
    const history = new PromptHistory([1, 2], open);
    history.add([3], 0.5);
    expect(history.prompt).toEqual([1, 2, 3]);
    history.add([4], 0.6);
    expect(history.prompt).toEqual([]);
    history.add([5], 0);
    expect(history.prompt).toEqual([5]);
  });

  it("is the initial prompt once where windows are told nothing", () => {
    const history = new PromptHistory([1, 2], { ...open, conditions: false });
    expect(history.prompt).toEqual([1, 2]);
    history.add([3], 0);
    expect(history.prompt).toEqual([]);
  });

  it("repeats a carried initial prompt, and after it the newest text there is room for", () => {
    const history = new PromptHistory([1, 2], { ...open, carried: true });
    expect(history.prompt).toEqual([1, 2]);
    history.add([3, 4, 5], 0);
    expect(history.prompt).toEqual([1, 2, 4, 5]);
    history.add([6], 1);
    expect(history.prompt).toEqual([1, 2]);
  });

  it("has no room for text where a carried prompt fills it", () => {
    const history = new PromptHistory([1, 2], { ...open, room: 2, carried: true });
    history.add([3], 0);
    expect(history.prompt).toEqual([1, 2]);
  });
});
