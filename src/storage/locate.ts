import { findWellKnownModel } from "../catalogue/well-known-models.ts";
import { describeValue } from "../describe-value.ts";
import { ModelError, OptionError } from "../errors.ts";
import { loadOptions } from "../options/option-table.ts";
import type { ModelFiles } from "../options/options.ts";

/** Where the files of a model are found. */
export interface ModelLocation {
  /** Names the model in listings and errors; `locateModel(id)` finds the same model again. */
  readonly id: string;
  /** The address of a file; null when it is known that the model has no such file. */
  fileUrl(file: string): string | null;
}

export interface LocateOptions {
  /** Branch, tag or commit of a Hugging Face id; default "main". */
  readonly revision?: string | undefined;
  /** Where Hugging Face ids are found; default "https://huggingface.co". */
  readonly host?: string | undefined;
  /**
   * What "./model" is relative to; default: the address of this page. A worker must be given the
   * page's address, since its own is that of its script.
   */
  readonly base?: string | URL | undefined;
}

const hubHost = loadOptions.host.default;
const hubId = /^([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([^\s@]+))?$/;
/** A model's page as people copy it from the address bar: /owner/name or /owner/name/tree/revision. */
const hubPage = /^\/([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:\/tree\/([^/]+))?\/?$/;

/**
 * Finds the files of `model`: files at known addresses, the short name of a well-known model ("base"),
 * a Hugging Face id ("openai/whisper-tiny.en", with or without "@revision"), the http(s) address of a
 * folder, or a path that begins with "/", "./" or "../". Of "embedded" the id is known and the files
 * are not. Throws OptionError for anything else.
 */
export function locateModel(
  model: string | URL | ModelFiles,
  options: LocateOptions = {},
): ModelLocation {
  if (typeof model === "object" && !(model instanceof URL)) {
    const location = locateFiles(model);
    refuseRevision(location.id, options);
    return location;
  }
  if (model === "embedded") {
    refuseRevision(model, options);
    return { id: model, fileUrl: refuseEmbedded };
  }
  if (typeof model === "string") {
    const name = findWellKnownModel(model)?.id ?? model;
    const [, id, revision] = hubId.exec(name) ?? [];
    if (id !== undefined) return locateOnHub(id, revision, options);
  }
  const url = folderUrl(model, options.base);
  const [, id, revision] = url.origin === hubHost ? (hubPage.exec(url.pathname) ?? []) : [];
  if (id !== undefined) {
    return locateOnHub(id, revision && decodeURIComponent(revision), options);
  }
  refuseRevision(model, options);
  return locateFolder(url);
}

function locateOnHub(
  id: string,
  idRevision: string | undefined,
  options: LocateOptions,
): ModelLocation {
  const revision = idRevision ?? options.revision ?? loadOptions.revision.default;
  if (options.revision !== undefined && options.revision !== revision) {
    throw new OptionError(
      `Two revisions of ${id} are asked for: "${revision}" and "${options.revision}". Give one.`,
    );
  }
  const host = folderUrl(options.host ?? hubHost, undefined);
  const folder = new URL(`${id}/resolve/${encodeURIComponent(revision)}/`, host);
  // A mirror's files are another model to the store: its id is the folder on that mirror.
  if (host.href !== `${hubHost}/`) return locateFolder(folder);
  return {
    ...locateFolder(folder),
    id: revision === loadOptions.revision.default ? id : `${id}@${revision}`,
  };
}

function locateFolder(folder: URL): ModelLocation {
  const id = folder.href;
  return {
    id,
    fileUrl(file) {
      checkFileName(file, id);
      return new URL(file, folder).href;
    },
  };
}

function locateFiles(model: ModelFiles): ModelLocation {
  const { name, files } = model ?? {};
  if (typeof name !== "string" || name === "" || typeof files !== "object" || files === null) {
    throw new OptionError(
      "A model given as an object: expected { name, files }, as fwhisper/tiny.en exports it; found " +
        `${describeValue(model)}.`,
    );
  }
  for (const [file, url] of Object.entries(files)) {
    checkFileName(file, name);
    if (isAbsolute(url)) continue;
    throw new OptionError(
      `${file} of ${name}: expected an absolute address, found ${describeValue(url)}. Write ` +
        `new URL("...", import.meta.url).href.`,
    );
  }
  return { id: name, fileUrl: (file) => (Object.hasOwn(files, file) ? files[file]! : null) };
}

/**
 * Refuses names that could lead out of the model's folder. The names of shards come from
 * model.safetensors.index.json, which is a stranger's text.
 */
export function checkFileName(file: string, model: string): void {
  const segments = file.split("/");
  if (segments.every((segment) => /^\w[\w.-]*$/.test(segment))) return;
  throw new ModelError(
    `${model} asks for the file "${file}", which is no plain name inside the model's folder. ` +
      "Names may hold letters, digits, '.', '-', '_' and '/'.",
    { file, expected: "a name inside the model's folder", found: file },
  );
}

function isAbsolute(url: unknown): boolean {
  try {
    return typeof url === "string" && new URL(url) !== null;
  } catch {
    return false;
  }
}

/** Who knows the files gives them: the engine has no address of them, so as not to carry them. */
function refuseEmbedded(): never {
  throw new OptionError(
    'Where the files of "embedded" are is not known here. Give what fwhisper/tiny.en exports.',
  );
}

function folderUrl(model: string | URL, base: string | URL | undefined): URL {
  const relative = typeof model === "string" && /^\.{0,2}\//.test(model);
  const page = base ?? globalThis.location?.href;
  if (relative && page === undefined) {
    throw new OptionError(
      `"${model}" is relative to a page, and there is none here. Give the whole http(s) address.`,
    );
  }
  let url: URL;
  try {
    url = relative ? new URL(model, page) : new URL(model);
  } catch (cause) {
    throw new OptionError(unknownModel(model), {}, { cause });
  }
  if (!/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new OptionError(unknownModel(model));
  }
  if (/\.(safetensors|json)$/.test(url.pathname)) {
    throw new OptionError(`"${model}" is a file. Give the address of the folder that holds it.`);
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function refuseRevision(model: string | URL, { revision }: LocateOptions): void {
  if (revision === undefined) return;
  throw new OptionError(
    `"${model}" has no revisions; only Hugging Face ids do. Leave out revision: "${revision}".`,
  );
}

function unknownModel(model: string | URL): string {
  return (
    `"${model}" names no model. Expected "embedded", a short name such as "base", a Hugging Face ` +
    'id such as "openai/whisper-tiny.en", the http(s) address of a folder (without "?" and "#"), ' +
    'or a path that begins with "/", "./" or "../".'
  );
}
