import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { OptionError } from "../../src/errors.ts";

/**
 * Refuses a folder that must not be written to, before any work.
 *
 * @param force whether another model may be replaced; a folder of anything else never is
 * @throws OptionError
 */
export function checkOutputFolder(path: string, force: boolean): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const refuse = (found: string, advice: string) =>
    new OptionError(`${path}: expected a new or empty folder, found ${found}. ${advice}`, {
      expected: "a new or empty folder",
      found,
    });
  if (!stats.isDirectory()) throw refuse("a file", "Give another path.");
  if (readdirSync(path).length === 0) return;
  if (!existsSync(join(path, "config.json"))) {
    throw refuse("a folder of other things", "Give another path.");
  }
  if (!force) throw refuse("a model", "Give another path, or --force to replace it.");
}

/**
 * Lets `write` fill a new folder beside `path`, which takes its place when all is done: whoever looks
 * at `path` finds the whole or what was there before. After an error nothing is left behind.
 *
 * @throws OptionError when the file system refuses; what `write` throws
 */
export async function replaceFolder<T>(
  path: string,
  write: (folder: string) => Promise<T>,
): Promise<T> {
  const target = resolve(path);
  const mark = randomBytes(4).toString("hex");
  const [draft, old] = [`${target}.${mark}.new`, `${target}.${mark}.old`];
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(draft);
  } catch (error) {
    throw unwritable(path, error);
  }
  try {
    const result = await write(draft);
    await exchange(draft, target, old);
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw unwritable(path, error);
  }
}

/** Puts `draft` in the place of `target`, if that is there; it lies at `old` meanwhile. */
async function exchange(draft: string, target: string, old: string): Promise<void> {
  if (!existsSync(target)) return rename(draft, target);
  await rename(target, old);
  try {
    await rename(draft, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true });
}

/** The error; a complaint of the file system as one that names the folder. */
function unwritable(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || syscall === undefined) return error;
  return new OptionError(
    `${path} cannot be written (${code}). Check the disk and the permissions.`,
    { found: code },
    { cause: error },
  );
}
