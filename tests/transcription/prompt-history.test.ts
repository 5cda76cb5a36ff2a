import { describe, expect, it } from "vitest";
import type { DecodedWindow } from "../../src/decoding/decode-window.ts";
import { PromptHistory } from "../../src/transcription/prompt-history.ts";

/** A window that says `tokens`. */
function said(
  tokens: readonly number[],
  { temperature = 0, isSpeech = true, again = false } = {},
): Parameters<PromptHistory["add"]>[0] {
  const decoded = { tokens, temperature } as DecodedWindow;
  const place = { seek: 0, frameCount: 100, promptLength: 0 };
  return { heard: { ...place, decoded, isSpeech, segments: [], tokens }, again };
}

describe("PromptHistory", () => {
  const open = { room: 4, carried: false, conditions: true };

  it("is the initial prompt and all text behind it", () => {
    const history = new PromptHistory([1, 2], open);
    expect(history.prompt).toEqual([1, 2]);
    history.add(said([3, 4, 5]));
    // Uncut: the model takes the last of it.
    expect(history.prompt).toEqual([1, 2, 3, 4, 5]);
  });

  it("forgets all at text that is not to be trusted", () => {
    const history = new PromptHistory([1, 2], open);
    history.add(said([3], { temperature: 0.5 }));
    expect(history.prompt).toEqual([1, 2, 3]);
    history.add(said([4], { temperature: 0.6 }));
    expect(history.prompt).toEqual([]);
    history.add(said([5]));
    expect(history.prompt).toEqual([5]);
  });

  it("is the initial prompt once where windows are told nothing", () => {
    const history = new PromptHistory([1, 2], { ...open, conditions: false });
    expect(history.prompt).toEqual([1, 2]);
    history.add(said([3]));
    expect(history.prompt).toEqual([]);
  });

  it("leaves out silence, and text that is heard again", () => {
    const history = new PromptHistory([1], { ...open, conditions: false });
    history.add(said([3], { isSpeech: false }));
    history.add(said([4], { again: true }));
    expect(history.prompt).toEqual([1]);
  });

  it("repeats a carried initial prompt, and after it the newest text there is room for", () => {
    const history = new PromptHistory([1, 2], { ...open, carried: true });
    expect(history.prompt).toEqual([1, 2]);
    history.add(said([3, 4, 5]));
    expect(history.prompt).toEqual([1, 2, 4, 5]);
    history.add(said([6], { temperature: 1 }));
    expect(history.prompt).toEqual([1, 2]);
  });

  it("has no room for text where a carried prompt fills it", () => {
    const history = new PromptHistory([1, 2], { ...open, room: 2, carried: true });
    history.add(said([3]));
    expect(history.prompt).toEqual([1, 2]);
  });
});
