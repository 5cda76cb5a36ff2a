import { describe, expect, it } from "vitest";
import { PromptHistory } from "../../src/transcription/prompt-history.ts";

describe("PromptHistory", () => {
  it("is the initial prompt and all text since the last reset", () => {
    const history = new PromptHistory([1, 2], { room: 4, carried: false });
    expect(history.prompt).toEqual([1, 2]);
    history.add([3, 4, 5]);
    // Uncut: the model takes the last of it.
    expect(history.prompt).toEqual([1, 2, 3, 4, 5]);
    history.reset();
    expect(history.prompt).toEqual([]);
    history.add([6]);
    expect(history.prompt).toEqual([6]);
  });

  it("repeats a carried initial prompt, and after it the newest text there is room for", () => {
    const history = new PromptHistory([1, 2], { room: 4, carried: true });
    expect(history.prompt).toEqual([1, 2]);
    history.add([3, 4, 5]);
    expect(history.prompt).toEqual([1, 2, 4, 5]);
    history.reset();
    expect(history.prompt).toEqual([1, 2]);
  });

  it("has no room for text where a carried prompt fills it", () => {
    const history = new PromptHistory([1, 2], { room: 2, carried: true });
    history.add([3]);
    expect(history.prompt).toEqual([1, 2]);
  });
});
