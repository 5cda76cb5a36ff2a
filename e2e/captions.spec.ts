import { segment, wordedSegment } from "../tests/formats/examples.ts";
import { expect, test } from "./fixtures/test.ts";

test("WebVTT survives the browser's own parser, whatever the text holds", async ({ fwhisper }) => {
  const texts = ["a < b & c > d --> e", "<b>no tag</b> &amp; no entity", "NOTE no comment"];
  const plain = texts.map((text, i) => segment(` ${text}`, [2 * i, 2 * i + 1]));
  const highlighted = [wordedSegment([" R&D", 0, 1], [" <i>", 1, 2])];
  const cues = await fwhisper.evaluate(
    async ({ toVTT }, { plain, highlighted }) => {
      const parse = async (text: string) => {
        const video = document.createElement("video");
        const track = document.createElement("track");
        track.src = URL.createObjectURL(new Blob([text], { type: "text/vtt" }));
        video.append(track);
        document.documentElement.append(video);
        track.track.mode = "hidden";
        await new Promise((resolve, reject) => {
          track.onload = resolve;
          track.onerror = reject;
        });
        return Array.from(track.track.cues as unknown as VTTCue[], (cue) => {
          const html = cue.getCueAsHTML();
          const underlined = html.querySelector("u")?.textContent ?? null;
          return { start: cue.startTime, end: cue.endTime, text: html.textContent, underlined };
        });
      };
      return {
        plain: await parse(toVTT({ segments: plain })),
        highlighted: await parse(toVTT({ segments: highlighted }, { highlightWords: true })),
      };
    },
    { plain, highlighted },
  );
  expect(cues.plain).toEqual(
    texts.map((text, i) => ({ start: 2 * i, end: 2 * i + 1, text, underlined: null })),
  );
  expect(cues.highlighted).toEqual([
    { start: 0, end: 1, text: "R&D <i>", underlined: "R&D" },
    { start: 1, end: 2, text: "R&D <i>", underlined: "<i>" },
  ]);
});
