import { access, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { OptionError } from "../../src/errors.ts";

/** A recording and what is said in it. */
export interface Recording {
  /** As the manifest names it, or its path within the folder. */
  readonly audio: string;
  readonly path: string;
  readonly text: string;
}

/**
 * Reads a manifest: either JSON lines of {"audio", "text"}, whose paths are relative to it, or a
 * folder of audio files, folders within included, each with its text beside it (a.wav, a.txt).
 *
 * @throws OptionError naming what is missing: the manifest, a text, an audio file
 */
export async function readManifest(manifest: string): Promise<Recording[]> {
  const kind = await stat(manifest).catch((cause) => {
    throw new OptionError(
      `${manifest}: expected a manifest, but it cannot be read (${cause.code ?? cause}). Check the path.`,
      { found: manifest },
      { cause },
    );
  });
  return kind.isDirectory() ? readFolder(manifest) : readLines(manifest);
}

async function readLines(manifest: string): Promise<Recording[]> {
  const lines = decodeText(await readFile(manifest), manifest).split("\n");
  const rows = lines.flatMap((line, i) => {
    return line.trim() === "" ? [] : [parseLine(line, `${manifest}, line ${i + 1}`)];
  });
  if (rows.length === 0) throw new OptionError(`${manifest}: expected recordings, found no line.`);
  const folder = dirname(manifest);
  return Promise.all(
    rows.map(async ({ audio, text, where }) => {
      const path = resolve(folder, audio);
      await access(path).catch((cause) => {
        throw new OptionError(
          `${where}: "${audio}" cannot be read (${cause.code}). Paths are relative to the manifest.`,
          { found: audio },
          { cause },
        );
      });
      return { audio, path, text };
    }),
  );
}

/** UTF-8, without the byte order mark that some programs put in front. */
function decodeText(bytes: Uint8Array, manifest: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new OptionError(
    `${manifest}: expected a manifest, found no text in UTF-8. A manifest is JSON lines of {"audio": "file.wav", "text": "what is said"}, or a folder with a .txt beside each recording.`,
    { found: manifest },
  );
}

function parseLine(line: string, where: string) {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    row = null;
  }
  const { audio, text } = (row ?? {}) as Partial<Recording>;
  if (typeof audio !== "string" || typeof text !== "string") {
    throw new OptionError(
      `${where}: expected {"audio": "file.wav", "text": "what is said"}, found ${line.slice(0, 60)}.`,
    );
  }
  return { audio, text, where };
}

/** What the command reads (tools/node/read-audio-file.ts), by the names such files have. */
const audioName = /\.(?:wav|flac|mp3|ogg|oga|opus)$/i;

async function readFolder(folder: string): Promise<Recording[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => audioName.test(name));
  if (names.length === 0) {
    throw new OptionError(
      `${folder}: expected audio files (WAV, FLAC, MP3, Ogg, Opus) with .txt beside them, found no audio.`,
    );
  }
  return Promise.all(
    names.sort().map(async (audio) => {
      const name = audio.replace(audioName, ".txt");
      const text = await readFile(join(folder, name), "utf8").catch((cause) => {
        throw new OptionError(
          `${join(folder, audio)}: expected what is said in ${name}, which cannot be read (${cause.code}).`,
          { found: audio },
          { cause },
        );
      });
      return { audio, path: join(folder, audio), text: text.trim() };
    }),
  );
}
