import { describe, expect, it } from "vitest";
import { describeContent, findMp3, skipId3 } from "../../src/audio/container.ts";

/** A tag of so many bytes behind its header. */
function tag(length: number, footer = false): number[] {
  const size = [21, 14, 7, 0].map((shift) => (length >> shift) & 127);
  const end = footer ? new Array(10).fill(9) : [];
  return [0x49, 0x44, 0x33, 4, 0, footer ? 0x10 : 0, ...size, ...new Array(length).fill(7), ...end];
}

/** A frame of MPEG 1, 128 kbit/s at 44.1 kHz: 417 bytes. */
const frame = [0xff, 0xfb, 0x90, 0x64, ...new Array(413).fill(0)];
/** MPEG 2, 64 kbit/s at 22.05 kHz, padded: 209 bytes. */
const slowFrame = [0xff, 0xf3, 0x82, 0x64, ...new Array(205).fill(1)];

describe("what stands before the audio", () => {
  it.each<[string, number[]]>([
    ["no tag", []],
    ["a tag", tag(3)],
    ["a tag longer than 127 bytes", tag(300)],
    ["a tag with a footer", tag(5, true)],
    ["two tags", [...tag(2), ...tag(200)]],
  ])("%s is skipped", (_, before) => {
    expect([...skipId3(new Uint8Array([...before, 1, 2, 3]))]).toEqual([1, 2, 3]);
  });

  it("is nothing but a tag", () => {
    expect(skipId3(new Uint8Array(tag(5)))).toHaveLength(0);
    expect(skipId3(new Uint8Array(tag(500).slice(0, 100)))).toHaveLength(0);
  });
});

describe("the first frame of MP3", () => {
  it.each<[string, number[], number[]]>([
    ["at once", [], [...frame, ...frame, ...frame]],
    ["behind zeros", new Array(5000).fill(0), [...frame, ...frame, ...frame, 0, 0]],
    ["behind what looks like one", [0xff, 0xfb, 0x90, 0x64, 1, 2], [...frame, ...frame, ...frame]],
    ["of a slow rate", [1, 0xff], [...slowFrame, ...slowFrame, ...slowFrame]],
    ["of a short file", [0xff, 0xff], [...frame, ...frame]],
  ])("%s", (_, before, frames) => {
    expect(findMp3(new Uint8Array([...before, ...frames]))).toEqual(new Uint8Array(frames));
  });

  it.each<[string, number[]]>([
    ["nothing", []],
    ["zeros", new Array(5000).fill(0)],
    ["sync bits alone", new Array(5000).fill(0xff)],
    ["one frame and noise", [...frame, ...new Array(500).fill(3)]],
  ])("is not there: %s", (_, bytes) => {
    expect(findMp3(new Uint8Array(bytes))).toBeNull();
  });
});

describe("what is no audio", () => {
  it.each([
    ["  <!DOCTYPE html><html>", "a web page (HTML)"],
    ["version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer, not the file itself"],
    ['{"error": "not found"}', "JSON"],
    ["Not Found, try again", 'text ("Not Found, try a")'],
    ["\x00\x01\xfe", "a file that begins with the bytes 00 01 fe"],
  ])("%j is %s", (content, described) => {
    expect(describeContent(Uint8Array.from(content, (c) => c.charCodeAt(0)))).toBe(described);
  });
});
