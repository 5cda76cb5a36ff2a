import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A recording of real speech in English. */
export interface QualityRecording {
  /** Its file's name in `audio` of `realFolder`. */
  readonly file: string;
  /** The words spoken, where they are known for certain; else only models are compared on it. */
  readonly words?: string;
}

/** Real speech and real models, beside the folder of OpenAI's vectors. */
export const realFolder = process.env.FWHISPER_REFERENCE
  ? join(process.env.FWHISPER_REFERENCE, "..", "real")
  : fileURLToPath(new URL("../../../shared/real", import.meta.url));

/** What rounding may be fitted to: radio, clear technical speech, reading. */
const calibration: readonly QualityRecording[] = [
  { file: "apollo11.mp3" },
  { file: "az_about.flac" },
  { file: "az_service.flac" },
  {
    file: "ls0.flac",
    words:
      "He hoped there would be stew for dinner, turnips and carrots and bruised potatoes and fat mutton pieces to be ladled out in thick peppered flour fattened sauce.",
  },
  {
    file: "lv0870.flac",
    words:
      "And Mister John Dashwood had then leisure to consider how much there might be prudently in his power to do for them.",
  },
];

/** What nothing is ever fitted to. The sentences of sb_example and sb_spk1 are Harvard sentences. */
const heldOut: readonly QualityRecording[] = [
  {
    file: "jfk.flac",
    words:
      "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.",
  },
  { file: "az_langdetect.flac" },
  { file: "ls1.flac", words: "Stuff it into you, his belly counselled him." },
  { file: "lv0880.flac", words: "He was not an ill disposed young man." },
  {
    file: "lv0890.flac",
    words: "Unless to be rather cold hearted and rather selfish is to be ill disposed.",
  },
  {
    file: "sb_LJ050-0131.flac",
    words:
      "unless a system is established for the frequent formal review of activities thereunder. In this regard",
  },
  { file: "sb_example1.flac", words: "The birch canoe slid on the smooth planks." },
  { file: "sb_example5.flac", words: "The frosty air passed through the coat." },
  { file: "sb_example6.flac" },
  { file: "sb_spk1_snt1.flac", words: "The child almost hurt the small dog." },
  { file: "sb_spk1_snt2.flac", words: "Drop the two when you add the figures." },
  { file: "sb_spk1_snt3.flac", words: "At that high level the air is pure." },
  { file: "sb_spk1_snt4.flac", words: "A thin stripe runs down the middle." },
  { file: "sb_spk1_snt5.flac", words: "Sunday is the best part of the week." },
  { file: "sb_spk1_snt6.flac", words: "The pencils have all been used." },
];

export const recordingSets = {
  calibration,
  "held-out": heldOut,
  all: [...calibration, ...heldOut],
} as const;

export type RecordingSet = keyof typeof recordingSets;

/** Whether the recordings lie on this machine. */
export function hasRecordings(): boolean {
  return recordingSets.all.every(({ file }) => existsSync(recordingPath(file)));
}

export function recordingPath(file: string): string {
  return join(realFolder, "audio", file);
}
