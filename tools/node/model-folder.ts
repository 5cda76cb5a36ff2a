import { statSync } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModelSource } from "../../src/checkpoint/model-source.ts";
import { ModelError } from "../../src/errors.ts";
import type { ModelFiles } from "../../src/options/options.ts";
import { parseJson, readText } from "../../src/storage/decode-file.ts";
import { checkFileName } from "../../src/storage/locate.ts";

const pieceBytes = 1 << 20;

/** The model in a folder of this machine. Throws ModelError when there is no such folder. */
export function openModelFolder(path: string): ModelSource {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ModelError(
      `${path} is no folder. Give the folder that holds the model's config.json and weights.`,
      { expected: "a folder", found: path },
    );
  }

  return openLocalFiles(path, (file) => {
    checkFileName(file, path);
    return join(path, file);
  });
}

/** A model whose files lie at addresses of this machine, "file:" ones. */
export function openModelAt({ name, files }: ModelFiles): ModelSource {
  return openLocalFiles(name, (file) => {
    return Object.hasOwn(files, file) ? fileURLToPath(files[file]!) : null;
  });
}

/** `pathOf`: null for what the model is known not to have. */
function openLocalFiles(name: string, pathOf: (file: string) => string | null): ModelSource {
  async function open(file: string) {
    const path = pathOf(file);
    if (path === null) return null;
    const handle = await openFile(path).catch((cause) => {
      if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return null;
      throw unreadable(file, cause);
    });
    if (handle === null) return null;
    const stats = await handle.stat();
    if (!stats.isFile()) {
      await handle.close();
      throw unreadable(file, "it is no file");
    }
    return { stream: fileStream(handle), byteLength: stats.size };
  }

  async function text(file: string): Promise<string | null> {
    const opened = await open(file);
    return opened && readText(opened.stream, file, name);
  }

  async function json(file: string): Promise<unknown> {
    const content = await text(file);
    return content === null ? null : parseJson(content, file, name);
  }

  function unreadable(file: string, cause: unknown): ModelError {
    return new ModelError(
      `${file} of ${name} cannot be read (${cause}). Check the file and its permissions.`,
      { file, expected: "a readable file", found: String(cause) },
      { cause },
    );
  }

  return { name, json, text, open };
}

/** Each piece has a buffer of its own, where Node's streams would share a pool of them. */
function fileStream(handle: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(pieceBytes));
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}
